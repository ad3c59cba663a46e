"""The table of things, ``things.toml``, as records."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

COLOURS: Final = frozenset(
    "red orange yellow green turquoise blue purple pink brown black white gray".split()
)  # those of the picture book
PLACES: Final = ("stands", "flies", "floats", "lies", "fills")
SIZES: Final = range(1, 6)  # 1 as an insect, 2 a cup, 3 a dog, 4 a car, 5 a house
_FIELDS: Final = frozenset("name drawn also colours plural article place size flip".split())
_VOWELS: Final = "aeiou"


class TableError(ValueError):
    """The table of things cannot be used; the message names the entry and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something that can be asked for."""

    name: str  # singular, as a caption says it
    plural: str
    article: str  # "a", "an", "the", or "" for what is not counted
    aliases: tuple[str, ...]  # other words for it
    drawings: tuple[str, ...]  # names in the corpus
    colours: tuple[str, ...]  # that it naturally has, the commonest first
    place: str  # one of PLACES
    size: int  # one of SIZES
    flip: bool  # whether its mirror image is as good
    group: str  # the heading of the table that it stands under

    @property
    def phrase(self) -> str:
        """Return the name with its article, as "an owl"."""
        return f"{self.article} {self.name}".strip()


@cache
def things() -> dict[str, Thing]:
    """Return every thing by its name, in the order of the table. Raises :class:`TableError`."""
    return read(Path(__file__).with_name("things.toml").read_text(encoding="utf-8"))


@cache
def words() -> dict[str, Thing]:
    """Return every thing by each word for it: its name, its aliases, and its plural unless that is a thing of its own.

    Raises :class:`TableError` if a word stands for two things.
    """
    found: dict[str, Thing] = {}
    for thing in things().values():
        for word in (thing.name, *thing.aliases):
            if word in found:
                raise TableError(f"“{word}” stands for {found[word].name} and for {thing.name}; keep one of them")
            found[word] = thing
    return {thing.plural: thing for thing in things().values()} | found


def read(text: str) -> dict[str, Thing]:
    """Return the things that a table in TOML describes. Raises :class:`TableError`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"the table of things is no TOML: {error}") from None
    found: dict[str, Thing] = {}
    for group, entries in table.items():
        defaults = entries.pop("defaults", {})
        for key, values in entries.items():
            thing = _thing(group, key, {**defaults, **values})
            if thing.name in found:
                raise TableError(f"{thing.name} stands twice in the table of things")
            found[thing.name] = thing
    return found


def _thing(group: str, key: str, values: dict[str, Any]) -> Thing:
    if unknown := sorted(values.keys() - _FIELDS):
        raise TableError(f"{key}: unknown fields {', '.join(unknown)}; there is {', '.join(sorted(_FIELDS))}")
    name = values.get("name", key)
    thing = Thing(
        name=name,
        plural=values.get("plural", plural_of(name)),
        article=values.get("article", "an" if name[0] in _VOWELS else "a"),
        aliases=tuple(values.get("also", ())),
        drawings=tuple(values.get("drawn", (key,))),
        colours=tuple(values.get("colours", ())),
        place=values.get("place", ""),
        size=values.get("size", 0),
        flip=values.get("flip", True),
        group=group,
    )
    if not thing.colours or (strange := [colour for colour in thing.colours if colour not in COLOURS]):
        raise TableError(f"{key}: colours must be some of {', '.join(sorted(COLOURS))}, not {strange or 'none'}")
    if thing.place not in PLACES or thing.size not in SIZES:
        raise TableError(f"{key}: place is one of {', '.join(PLACES)} and size from 1 to 5")
    return thing


def plural_of(name: str) -> str:
    """Return the regular plural of ``name``."""
    if name.endswith(("s", "x", "sh", "ch")):
        return f"{name}es"
    if name.endswith("y") and name[-2] not in _VOWELS:
        return f"{name[:-1]}ies"
    return f"{name}s"
