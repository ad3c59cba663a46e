"""What a field of a spec may hold: written once beside the field, read by the check, the recipe and the parser.

A limit annotates a field (``strength: Annotated[float, Real(0, 1)]``). It says in words what it allows, judges a
value, and turns a value into the text of a recipe and back. A field whose default is None may also be None, which
leaves the choice to the bundle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Choices = Mapping[str, Sequence[str]]
"""The names in each of the engine's tables; an engine tells its own in :class:`engine.messages.Ready`."""


class Limit(Protocol):
    """What one field allows."""

    def allowed(self, choices: Choices) -> str:
        """The allowed values in words, to follow "must be"."""

    def holds(self, value: object, choices: Choices) -> bool:
        """Whether ``value`` is of the right type and in range."""

    def read(self, text: str) -> object:
        """The value that ``text`` stands for. Raises :class:`ValueError` when it is of another kind."""

    def show(self, value: object) -> str:
        """The text that :meth:`read` reads, without spaces."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from ``low`` to ``high``, both allowed."""

    low: int
    high: int

    def allowed(self, choices: Choices) -> str:
        return f"a whole number from {self.low} to {self.high}"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def read(self, text: str) -> int:
        return int(text)

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Real:
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
        return float(text)

    def show(self, value: object) -> str:
        shortest = f"{value:g}"
        return shortest if float(shortest) == value else repr(value)


@dataclass(frozen=True, slots=True)
class Name:
    """One of the names in the engine's table ``table``."""

    table: str

    def allowed(self, choices: Choices) -> str:
        return f"one of: {', '.join(choices.get(self.table, ()))}"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, str) and (self.table not in choices or value in choices[self.table])

    def read(self, text: str) -> str:
        return text

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of ``enum``, whose members are fixed, or its name."""

    enum: type[StrEnum]

    def allowed(self, choices: Choices) -> str:
        return f"one of: {', '.join(self.enum)}"

    def holds(self, value: object, choices: Choices) -> bool:
        return value in list(self.enum)

    def read(self, text: str) -> StrEnum:
        return self.enum(text)

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Text:
    """Text; :meth:`read` takes it as it stands."""

    def allowed(self, choices: Choices) -> str:
        return "text"

    def holds(self, value: object, choices: Choices) -> bool:
        return isinstance(value, str)

    def read(self, text: str) -> str:
        return text

    def show(self, value: object) -> str:
        return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A loss term beside the prompts: ``weight`` times the named term, by the named decay schedule."""

    name: str
    weight: float
    schedule: str = "constant"


MOST_TERM = 1000.0


def parse_term(text: str) -> Term:
    """Read ``name:weight`` or ``name:weight:schedule``. Raises :class:`ValueError`."""
    name, weight, *schedule = text.split(":")
    if len(schedule) > 1:
        raise ValueError(f"{text!r} has more than a name, a weight and a schedule")
    return Term(name=name, weight=float(weight), **({"schedule": schedule[0]} if schedule else {}))


@dataclass(frozen=True, slots=True)
class TermText:
    """What :func:`parse_term` reads, of the engine's tables of loss terms and decay schedules."""

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

    def read(self, text: str) -> str:
        return text

    def show(self, value: object) -> str:
        return str(value)


NONE = "none"
"""How an empty tuple is written."""


@dataclass(frozen=True, slots=True)
class Many:
    """A tuple of at most ``most`` values that each obey ``each``; written with commas between them."""

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
