"""The grammar of a prompt line.

::

    a red car:1.5 | fog:0.5; rain:-0.5:0.8          parts, each text:weight:stop
    a house in summer ~2 ^ a house in winter        phases of a story, the first twice as long
    hot::2 dog:: fog::-0.5                          parts as Midjourney writes them
    (a red car:1.3)                                 a part as A1111 writes it

``|`` parts prompts; so does ``;`` where a space, a letter or a digit follows. ``^`` parts phases where a space
follows, or a letter but no word before it: ``e^x`` is text. ``~`` is text outside of a story. A backslash before one of
``| ; ^ : ~`` makes it text.

A number after a colon is a weight if it has a sign or a decimal point, or if it is a whole number up to 5 that follows
a word without a space.
Times, ratios, verses, years and addresses stay text: ``10:30``, ``16:9``, ``Psalm 23:4``, ``Blade Runner:2049``.
"""

import math
import re
from dataclasses import dataclass

MOST_WEIGHT = 1000.0
MOST_LENGTH = 1000.0
_MOST_WHOLE = 5  # a larger whole number after a colon is text, as in "Blade Runner:2049"
_QUOTED = 60  # characters of a part that a refusal or a note quotes
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf|nan"
_WEIGHED = re.compile(rf"(?P<text>.*)(?<!\\):\s*(?P<number>{_NUMBER})", re.DOTALL)
_WHOLE = re.compile(r"[0-9]+")
_PADDED = re.compile(r"[+-]?0[0-9]")
_LAST_WORD = re.compile(r"[^\W_]*\s*$")
_DOUBLE = re.compile(rf"(?<![\\:])::(?P<weight>\s?(?:{_NUMBER}))?(?=$|[\s,]|[^\W\d])(?!:)")
_BRACKETS = re.compile(r"\((?P<text>[^():]*[^():\s]):\s*(?P<weight>[0-9]?\.[0-9]+|[0-9]\.[0-9]*)\)")
_PARTS = re.compile(r"(?<!\\)(?:\||;(?=\s|[^\W_]))")
_PHASES = re.compile(r"(?<!\\)(?:(?<!\w)\^(?=[^\W\d_])|\^(?=\s))")
_LENGTH = re.compile(r"(?:^|\s)~(?P<length>[0-9]+(?:\.[0-9]+)?)\s*$")
_ESCAPED = re.compile(r"\\([|;^:~])")


class PromptError(ValueError):
    """A prompt cannot be read. The message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One part of a prompt line, ``text:weight:stop`` (paper §2.5).

    ``weight`` scales the part's distance and pushes away when negative; ``stop`` is a squared spherical distance
    below which the part no longer pulls (−inf: never).
    """

    text: str
    weight: float = 1.0
    stop: float = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """The prompts of one phase of a story; ``length`` is its share of the run, relative to the other phases'."""

    prompts: tuple[Prompt, ...]
    length: float = 1.0


def parse_prompts(line: str) -> tuple[Prompt, ...]:
    """Return all prompts of all phases of ``line``. Raises as :func:`parse_story`."""
    return tuple(prompt for phase in parse_story(line) for prompt in phase.prompts)


def parse_story(line: str, *, alone: bool = True) -> tuple[Phase, ...]:
    """Read ``text:weight:stop | text … ~length ^ text …``; one phase where there is no ``^``.

    Raises :class:`PromptError` for a phase with nothing to paint, or a number that cannot be used. With other
    targets beside the line (not ``alone``) it may be empty, and its weights all negative.
    """
    lines = _PHASES.split(line)
    if len(lines) == 1:
        return (Phase(prompts=_parse_parts(line, alone)),)
    return tuple(_parse_phase(text, number, alone) for number, text in enumerate(lines, 1))


def _parse_phase(line: str, number: int, alone: bool) -> Phase:
    found = _LENGTH.search(line)
    length = float(found["length"]) if found else 1.0
    if not 0 < length <= MOST_LENGTH:
        raise PromptError(f"Phase {number} of the story has length {length:g}; it must be above 0, at most 1000.")
    try:
        return Phase(prompts=_parse_parts(line[: found.start()] if found else line, alone), length=length)
    except PromptError as error:
        raise PromptError(f"Phase {number} of the story: {error}") from None


def _parse_parts(line: str, alone: bool) -> tuple[Prompt, ...]:
    parts = tuple(_parse_part(part) for part in _parts(line))
    if alone and not parts:
        raise PromptError("The prompt is empty. Describe the picture, for example: a red car at night")
    if alone and all(part.weight <= 0 for part in parts):
        raise PromptError(
            "Every part of the prompt has a weight of zero or less. Give at least one a weight above 0, or write "
            f"“{_escaped(line)}” to paint the words as they are."
        )
    return parts


def _parts(line: str) -> list[str]:
    """Return the parts of one phase, each with its weight after ``:`` or ``::``."""
    found = []
    for part in _PARTS.split(line):
        done = 0
        for double in _DOUBLE.finditer(part):
            if "//" in part[: double.start()].rpartition(" ")[2]:
                continue
            found.append(part[done : double.end()])
            done = double.end()
        found.append(part[done:].lstrip(", ") if done else part)
    return [part.strip() for part in found if part.strip()]


def _parse_part(part: str) -> Prompt:
    text, numbers = _split(part)
    if not text.strip():
        raise PromptError(
            f"“{quoted(part)}” has a weight but no text. Write text:weight, or “{_escaped(part)}” to paint it."
        )
    weight, stop = (*numbers, *(1.0, -math.inf)[len(numbers) :])
    if not abs(weight) <= MOST_WEIGHT or math.isnan(stop):
        raise PromptError(
            f"“{quoted(part)}” has no weight from -1000 to 1000, or no stop that I can use. To paint the words as they "
            f"are, write “{_escaped(part)}”."
        )
    return Prompt(text=_ESCAPED.sub(r"\1", _without_brackets(text)), weight=weight, stop=stop)


def _without_brackets(text: str) -> str:
    return _BRACKETS.sub(r"\g<text>", text)


def _split(part: str) -> tuple[str, tuple[float, ...]]:
    """Return the text of a part, and its weight and stop as far as it has them."""
    if double := _DOUBLE.search(part):
        if double.end() == len(part):
            return part[: double.start()].rstrip(), (float(double["weight"] or 1),)
    if bracket := _BRACKETS.fullmatch(part):
        return bracket["text"], (float(bracket["weight"]),)
    if (last := _WEIGHED.fullmatch(part)) is None:
        return part, ()
    if (first := _WEIGHED.fullmatch(last["text"])) and _is_weight(first) and _is_stop(last["number"]):
        return first["text"].rstrip(), (float(first["number"]), float(last["number"]))
    return (last["text"].rstrip(), (float(last["number"]),)) if _is_weight(last) else (part, ())


def split_weight(text: str) -> tuple[str, float]:
    """Return a name and the weight after its colon, or all of ``text`` and 1, by the rule of a prompt's weights."""
    found = _WEIGHED.fullmatch(text)
    return (found["text"], float(found["number"])) if found and _is_weight(found) else (text, 1.0)


def _is_weight(found: re.Match[str]) -> bool:
    """Return whether the number after a colon is plainly a weight, and not a time, a ratio, a verse or a year."""
    text, number = found["text"], found["number"]
    if "//" in text.rpartition(" ")[2] or _PADDED.match(number):
        return False
    if not text:
        return True  # and there is nothing to weigh, which is refused
    after_space, after_digits = text[-1].isspace(), _ends_in_digits(text)
    if _WHOLE.fullmatch(number):
        if found.string[found.end("text") + 1 :][:1].isspace():
            return False  # "Episode: 4"
        return not after_space and not after_digits and len(number) == 1 and int(number) <= _MOST_WHOLE
    if after_space:
        return "." in number  # ":-3" after a space is a face
    return number[0] in "+-" or not after_digits or float(number) <= _MOST_WHOLE  # "a lap of 1:23.45"


def _ends_in_digits(text: str) -> bool:
    """Return whether the last word of ``text`` is a number; that of "BMW X4" is not."""
    found = _LAST_WORD.search(text)
    return found is not None and found[0].strip().isdigit()


def _is_stop(number: str) -> bool:
    if _PADDED.match(number):
        return False
    return not _WHOLE.fullmatch(number) or len(number) == 1


def told(line: str) -> tuple[str, ...]:
    """Return one sentence about the weights that might have been words, such as ``:2`` and ``(red:1.3)``, if any.

    The weight of a prompt's only part does nothing beside other parts, so it was hardly meant.
    """
    parts = [(part, *_split(part)) for phase in _PHASES.split(line) for part in _parts(_LENGTH.sub("", phase))]
    weighed = [
        f"counts {'once' if numbers[0] == 1 else f'{numbers[0]:g} times'}: {quoted(_without_brackets(text))}"
        for part, text, numbers in parts
        if numbers and (len(parts) == 1 or _might_be_words(part, text))
    ]
    within = [text for _, text, _ in parts if _BRACKETS.search(text)]
    notes = [f"{'; '.join(weighed[:3])}."] if weighed else []
    if within and (found := _BRACKETS.search(within[0])):
        notes.append(f"I weigh whole parts, not words among others: {quoted(found['text'])} counts like the rest. "
                     f"Write … | {quoted(found['text'])}:{found['weight']}")  # fmt: skip
    return tuple(notes)


def _might_be_words(part: str, text: str) -> bool:
    number = part[len(text) :].strip(" :")
    return part.startswith("(") or "::" in part or bool(_WHOLE.fullmatch(number)) or _ends_in_digits(text)


def with_part(line: str, part: str) -> str:
    """Return ``line`` with one more part in each of its phases."""
    phases = []
    for phase in _PHASES.split(line):
        length = _LENGTH.search(phase)
        words = phase[: length.start()] if length else phase
        phases.append(f"{words.strip()} | {part}{' ' + length[0].strip() if length else ''}")
    return " ^ ".join(phases)


def escape(text: str) -> str:
    """Return ``text`` with a backslash before each character that would part it."""
    return re.sub(r"([|;^:~])", r"\\\1", text)


def quoted(text: str) -> str:
    """Return the end of ``text``, short enough for a sentence."""
    text = text.strip()
    return text if len(text) <= _QUOTED else f"…{text[-_QUOTED:].lstrip()}"


def _escaped(part: str) -> str:
    return quoted(re.sub(r"(?<!\\):", r"\\:", part))


def split_words(text: str) -> tuple[str, ...]:
    """Return the words and numbers of ``text`` in lower case. A hyphen parts them, an apostrophe does not."""
    return tuple(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))
