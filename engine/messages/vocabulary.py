"""Name the words of a prompt that a bundle of few words does not know, and say what to write instead."""

import difflib

from engine.messages.prompts import PromptError, parse_prompts, split_words
from engine.messages.spec import BundleInfo, Vocabulary

_NOTHING_TO_PAINT = "There is nothing in that prompt that I could paint."
_NAMES_NOTHING = "It names nothing that I know."
_LONGEST_WORD = 30  # characters that a sentence quotes of a word

_NAMED = 4  # unknown words that a sentence names
_USUAL = 12  # known words to name if the bundle does not sort its words by kind
_MANY = 500  # words from which on a bundle knows too much for a list of kinds
_CLOSE = 0.75  # likeness above which the member probably meant the known word
_CLOSER = 0.85  # the same among many words, of which some is always a little like
_SILENT = frozenset(
    "a an the this that these those some any my your its it is are be was and or but of in on at to by for from with "
    "into over as there make makes made turn turned change put give let add show paint draw please like very really so "
    "more less can you me i we he she they".split()
)  # fmt: skip
"""Words that no picture shows. Whether a bundle knows them makes no difference."""
_FRAMES = frozenset("picture image painting drawing illustration sketch photo photograph scene view art".split())
"""Words for any picture: alone they leave nothing to paint."""


def check(prompt: str, info: BundleInfo) -> tuple[str, ...]:
    """Return a sentence about the words of ``prompt`` that the bundle does not know, or nothing if it knows all.

    Raises :class:`PromptError` if the bundle knows nothing that the prompt wants to be shown: the picture would be a
    blur.
    """
    if info.vocabulary is None:
        return ()
    parts = parse_prompts(prompt)
    wanted = _telling(" ".join(part.text for part in parts if part.weight > 0)) - _FRAMES
    unknown = [word for word in _in_order(prompt) if not _knows(info.vocabulary, word)]
    said = [_unknown(unknown, info.vocabulary)] if unknown else []
    if not any(_knows(info.vocabulary, word) for word in wanted):
        raise PromptError(" ".join([_NOTHING_TO_PAINT, *(said or [_NAMES_NOTHING]), *_advice(info, prompt)]))
    if len(info.vocabulary.words) > _MANY:
        return tuple(said)  # it knows enough of the prompt, and a list of examples would say little
    return (" ".join([*said, *_advice(info, prompt)]),) if unknown else ()


def _in_order(prompt: str) -> list[str]:
    """Return the words of all parts that matter, each once."""
    words = split_words(" ".join(part.text for part in parse_prompts(prompt)))
    return [word for word in dict.fromkeys(words) if word not in _SILENT]


def _telling(text: str) -> set[str]:
    return set(split_words(text)) - _SILENT


def _knows(vocabulary: Vocabulary, word: str) -> bool:
    return word in vocabulary.words or word.removesuffix("'s").removesuffix("’s") in vocabulary.words


def _unknown(words: list[str], vocabulary: Vocabulary) -> str:
    """Return “I do not know “hart” (did you mean “heart”?), “elf” and 3 more.”"""
    named = []
    for word in words[:_NAMED]:
        meant = _meant(word, vocabulary)
        named.append(_quoted(word) + (f" (did you mean {_quoted(meant)}?)" if meant else ""))
    if len(words) > _NAMED:
        named.append(f"{len(words) - _NAMED} more")
    listed = " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)
    return f"I do not know {listed}."


def _quoted(word: str) -> str:
    return f"“{word if len(word) <= _LONGEST_WORD else word[: _LONGEST_WORD - 1] + '…'}”"


def _meant(word: str, vocabulary: Vocabulary) -> str | None:
    known = [known for known in vocabulary.words if known not in _SILENT and len(known) > 2]
    close = difflib.get_close_matches(word, known, n=1, cutoff=_CLOSER if len(vocabulary.words) > _MANY else _CLOSE)
    return close[0] if close else None


def _advice(info: BundleInfo, prompt: str) -> list[str]:
    """Return what the bundle knows, by kind, and its example that is most like the prompt."""
    assert info.vocabulary is not None
    usual = [word for word in info.vocabulary.words if word not in _SILENT | _FRAMES and len(word) > 2]
    kinds = info.vocabulary.kinds or (("words", ", ".join(usual[:_USUAL])),)
    if len(info.vocabulary.words) > _MANY:
        kinds = kinds[:1]
    sentences = [f"I know {'; '.join(f'{kind} like {some}' for kind, some in kinds)}."]
    if info.examples:
        wanted = _telling(prompt)
        sentences.append(f"Try: {max(info.examples, key=lambda example: len(wanted & _telling(example)))}")
    return sentences
