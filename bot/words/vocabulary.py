"""What a bundle of few words knows of a prompt, and what to write instead of the rest."""

from __future__ import annotations

import difflib

from bot.errors import UnknownWords
from bot.texts import refusals
from bot.texts.refusals import NAMES_NOTHING, NOTHING_TO_PAINT
from engine.messages import BundleInfo, Vocabulary, parse_prompts, split_words

_NAMED = 4  # unknown words; more than a few say the same
_USUAL = 12  # known words, where nobody has sorted them by kind
_CLOSE = 0.75  # likeness from which a known word was probably meant
_SILENT = frozenset(
    "a an the this that these those some any my your its it is are be was and or but of in on at to by for from with "
    "into over as there make makes made turn turned change put give let add show paint draw please like very really so "
    "more less can you me i we he she they".split()
)  # fmt: skip
"""Words that no picture shows: unknown or not, they make no difference."""
_FRAMES = frozenset("picture image painting drawing illustration sketch photo photograph scene view art".split())
"""Words for any picture: alone they leave nothing to paint."""


def check(prompt: str, info: BundleInfo) -> tuple[str, ...]:
    """Sentences about the words of ``prompt`` that the bundle does not know; none if it knows them all.

    Raises :class:`bot.errors.UnknownWords` when it knows nothing that the prompt wants to be shown, for then any
    picture would be a blur.
    """
    if info.vocabulary is None:
        return ()
    parts = parse_prompts(prompt)
    wanted = _telling(" ".join(part.text for part in parts if part.weight > 0)) - _FRAMES
    unknown = [word for word in _in_order(prompt) if not _knows(info.vocabulary, word)]
    said = [_unknown(unknown, info.vocabulary)] if unknown else []
    if not any(_knows(info.vocabulary, word) for word in wanted):
        raise UnknownWords(" ".join([NOTHING_TO_PAINT, *(said or [NAMES_NOTHING]), *_advice(info, prompt)]))
    return (" ".join([*said, *_advice(info, prompt)]),) if unknown else ()


def _in_order(prompt: str) -> list[str]:
    """The words that matter, of all parts, once each."""
    words = split_words(" ".join(part.text for part in parse_prompts(prompt)))
    return [word for word in dict.fromkeys(words) if word not in _SILENT]


def _telling(text: str) -> set[str]:
    return set(split_words(text)) - _SILENT


def _knows(vocabulary: Vocabulary, word: str) -> bool:
    return word in vocabulary.words or word.removesuffix("'s").removesuffix("’s") in vocabulary.words


def _unknown(words: list[str], vocabulary: Vocabulary) -> str:
    named = [(word, _meant(word, vocabulary)) for word in words[:_NAMED]]
    return refusals.unknown(named, max(0, len(words) - _NAMED))


def _meant(word: str, vocabulary: Vocabulary) -> str | None:
    known = [known for known in vocabulary.words if known not in _SILENT and len(known) > 2]
    close = difflib.get_close_matches(word, known, n=1, cutoff=_CLOSE)
    return close[0] if close else None


def _advice(info: BundleInfo, prompt: str) -> list[str]:
    """What the bundle knows, by kind, and the example that is most like the prompt."""
    assert info.vocabulary is not None
    usual = [word for word in info.vocabulary.words if word not in _SILENT | _FRAMES and len(word) > 2]
    kinds = info.vocabulary.kinds or (("words", ", ".join(usual[:_USUAL])),)
    sentences = [refusals.known(kinds)]
    if info.examples:
        wanted = _telling(prompt)
        likest = max(info.examples, key=lambda example: len(wanted & _telling(example)))
        sentences.append(refusals.try_instead(likest))
    return sentences
