"""The grammar of a prompt line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


class PromptError(ValueError):
    """A prompt that cannot be read; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One part of a prompt line, ``text:weight:stop``.

    ``weight`` scales the part's distance and pushes away when negative; ``stop`` is a squared spherical distance
    below which the part no longer pulls (−inf: never).
    """

    text: str
    weight: float = 1.0
    stop: float = -math.inf


def parse_prompts(line: str) -> tuple[Prompt, ...]:
    """Read ``text:weight:stop | text …``; weight and stop are optional.

    A colon that no number follows belongs to the text, so "a sign: no entry" needs no escaping. Raises
    :class:`PromptError` when nothing is left to paint or a number is not finite.
    """
    parts = tuple(_parse_part(part) for part in line.split("|") if part.strip())
    if not parts:
        raise PromptError("The prompt is empty. Describe the picture, for example: a red car at night")
    if all(part.weight <= 0 for part in parts):
        raise PromptError("Every part of the prompt has a weight of zero or less. Give at least one a weight above 0.")
    return parts


def _parse_part(part: str) -> Prompt:
    text, numbers = part.strip(), list[float]()
    while len(numbers) < 2:
        head, colon, tail = text.rpartition(":")
        number = _number(tail) if colon else None
        if number is None:
            break
        text, numbers = head.rstrip(), [number, *numbers]
    if not text.strip():
        raise PromptError(f"“{part.strip()}” has a weight but no text. Write text:weight, for example: fog:0.5")
    weight = numbers[0] if numbers else 1.0
    if not math.isfinite(weight) or (len(numbers) == 2 and math.isnan(numbers[1])):
        raise PromptError(f"“{part.strip()}” has a weight or stop that is not a number I can use.")
    return Prompt(text=text, weight=weight, stop=numbers[1] if len(numbers) == 2 else -math.inf)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def split_words(text: str) -> tuple[str, ...]:
    """The words and numbers of ``text`` in order, lower case; a hyphen parts them, an apostrophe does not."""
    return tuple(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))
