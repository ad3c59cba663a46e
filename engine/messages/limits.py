"""Say what a field of a spec may hold. The check, the recipe and the parser all read it.

A limit annotates a field: ``strength: Annotated[float, Real(0, 1)]``. A field whose default is None may also be None,
which leaves the choice to the bundle.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Choices = Mapping[str, Sequence[str]]
"""The names in each of the engine's tables. An engine sends its own in :class:`engine.messages.Ready`."""


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf|nan", re.IGNORECASE)


def number(text: str) -> float:
    """Return the number in ``text``. Raises :class:`ValueError` for "1_000" and for other digits than 0 to 9."""
    text = re.sub(r"^\s*[−–—](?=[0-9.])", "-", text).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    return float(text)


class Limit:
    """Hold what one field allows."""

    __slots__ = ()

    def allowed(self, choices: Choices) -> str:
        """Return the allowed values in words, to follow "must be"."""
        raise NotImplementedError

    def holds(self, value: object, choices: Choices) -> bool:
        """Return whether ``value`` is of the right type and in range."""
        raise NotImplementedError

    def read(self, text: str) -> object:
        """Return the value that ``text`` stands for. Raises :class:`ValueError` if it is of another kind."""
        return text

    def show(self, value: object) -> str:
        """Return the text that :meth:`read` reads, without spaces."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Whole(Limit):
    """A whole number from ``low`` to ``high``, both allowed."""

    low: int
    high: int

    def allowed(self, choices: Choices) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def read(self, text: str) -> int:
        number(text)
        return int(text.strip())


@dataclass(frozen=True, slots=True)
class Real(Limit):
    """A finite number from ``low`` to ``high``, both allowed."""

    low: float
    high: float
    at_low: str = ""  # what it means, in parentheses
    at_high: str = ""

    def allowed(self, choices: Choices) -> str:
        return f"a number from {self.low:g}{self.at_low} to {self.high:g}{self.at_high}"

    def holds(self, value: object, choices: Choices) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return number and math.isfinite(value) and self.low <= value <= self.high  # type: ignore[arg-type, operator]

    def read(self, text: str) -> float:
        return number(text)

    def show(self, value: object) -> str:
        shortest = f"{value:g}"
        return shortest if float(shortest) == value else repr(value)


@dataclass(frozen=True, slots=True)
class Name(Limit):
    """One of the names in the engine's table ``table``."""

    table: str

    def allowed(self, choices: Choices) -> str:
        return f"one of: {', '.join(choices.get(self.table, ()))}"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, str) and (self.table not in choices or value in choices[self.table])


@dataclass(frozen=True, slots=True)
class EnumMember(Limit):
    """A member of ``enum``, or its name."""

    enum: type[StrEnum]

    def allowed(self, choices: Choices) -> str:
        return f"one of: {', '.join(self.enum)}"

    def holds(self, value: object, choices: Choices) -> bool:
        return value in list(self.enum)

    def read(self, text: str) -> StrEnum:
        return self.enum(text)


@dataclass(frozen=True, slots=True)
class Text(Limit):
    """Any text."""

    def allowed(self, choices: Choices) -> str:
        return "text"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A loss term beside the prompts: ``weight`` times a named term, with a named decay over the run."""

    name: str
    weight: float
    schedule: str = "constant"


MOST_TERM = 1000.0


def parse_term(text: str) -> Term:
    """Read ``name:weight`` or ``name:weight:schedule``. Raises :class:`ValueError`."""
    name, weight, *schedule = text.split(":")
    if len(schedule) > 1:
        raise ValueError(f"{text!r} has more than a name, a weight and a schedule")
    return Term(name=name, weight=number(weight), **({"schedule": schedule[0]} if schedule else {}))


@dataclass(frozen=True, slots=True)
class TermText(Limit):
    """Text that :func:`parse_term` reads, with names from the engine's tables of loss terms and decays."""

    def allowed(self, choices: Choices) -> str:
        names, schedules = (", ".join(choices.get(table, ("…",))) for table in ("losses", "decays"))
        return f"name:weight or name:weight:schedule (names: {names}; weights from 0 to 1000; schedules: {schedules})"

    def holds(self, value: object, choices: Choices) -> bool:
        try:
            term = parse_term(value)  # type: ignore[arg-type]
        except (ValueError, AttributeError, TypeError):
            return False
        named = Name("losses").holds(term.name, choices) and Name("decays").holds(term.schedule, choices)
        return named and Real(0, MOST_TERM).holds(term.weight, choices)


NONE = "none"
"""The text of an empty tuple."""


@dataclass(frozen=True, slots=True)
class Many(Limit):
    """A tuple of at most ``most`` values, each within ``each``, written with commas between them."""

    each: Limit
    most: int

    def allowed(self, choices: Choices) -> str:
        return f"at most {self.most} values, each {self.each.allowed(choices)}"

    def holds(self, value: object, choices: Choices) -> bool:
        return (
            isinstance(value, tuple) and len(value) <= self.most and all(self.each.holds(one, choices) for one in value)
        )

    def read(self, text: str) -> tuple[object, ...]:
        return () if text == NONE else tuple(self.each.read(one) for one in text.split(","))

    def show(self, value: object) -> str:
        assert isinstance(value, tuple)
        return ",".join(self.each.show(one) for one in value) or NONE
