"""The grammar of a prompt line.

::

    a red car:1.5 | fog:0.5; rain:-0.5:0.8          parts, each text:weight:stop
    a house in summer ~2 ^ a house in winter        phases of a story, the first twice as long

``|`` parts prompts; so does ``;`` where a space, a letter or a digit follows. ``^`` parts phases where a space or a
letter follows. A colon that no number follows is text, and so is ``~`` outside of a story. A backslash before one of
``| ; ^ : ~`` makes it text.
"""

import math
import re
from dataclasses import dataclass

MOST_WEIGHT = 1000.0
MOST_LENGTH = 1000.0
_PARTS = re.compile(r"(?<!\\)(?:\||;(?=\s|[^\W_]))")
_PHASES = re.compile(r"(?<!\\)\^(?=\s|[^\W\d_])")
_LENGTH = re.compile(r"(?:^|\s)~(?P<length>\d+(?:\.\d+)?)\s*$")
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
    parts = tuple(_parse_part(part) for part in _PARTS.split(line) if part.strip())
    if alone and not parts:
        raise PromptError("The prompt is empty. Describe the picture, for example: a red car at night")
    if alone and all(part.weight <= 0 for part in parts):
        raise PromptError("Every part of the prompt has a weight of zero or less. Give at least one a weight above 0.")
    return parts


def _parse_part(part: str) -> Prompt:
    text, numbers = part.strip(), list[float]()
    while len(numbers) < 2:
        head, colon, tail = text.rpartition(":")
        number = _number(tail) if colon and not head.endswith("\\") else None
        if number is None:
            break
        text, numbers = head.rstrip(), [number, *numbers]
    if not text.strip():
        raise PromptError(f"“{part.strip()}” has a weight but no text. Write text:weight, for example: fog:0.5")
    weight, stop = (*numbers, *(1.0, -math.inf)[len(numbers) :])
    if not abs(weight) <= MOST_WEIGHT or math.isnan(stop):
        raise PromptError(
            f"“{part.strip()}” has a weight or stop that I cannot use: a weight must be from -1000 to 1000."
        )
    return Prompt(text=_ESCAPED.sub(r"\1", text), weight=weight, stop=stop)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def split_words(text: str) -> tuple[str, ...]:
    """Return the words and numbers of ``text`` in lower case. A hyphen parts them, an apostrophe does not."""
    return tuple(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))
