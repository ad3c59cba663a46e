"""Phrases to describe pictures with, by kind, and how a sentence is made of them: the files of ``phrasebooks/``."""

from __future__ import annotations

import dataclasses
import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GENERAL = "general"
"""The phrasebook of a bundle that names none."""

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasebook:
    """``kinds`` have phrases by kind; "" is said by saying nothing.

    ``looks`` are templates as "a {colour} {thing}": each is filled in with every phrase of its kinds and asked by
    itself. ``sentences`` are ways to say all of it, each in segments, of which one with nothing to say is left out.
    Each kind is then asked again within the whole sentence, in so many ``rounds``, its best ``candidates`` alone.
    A phrase ``hides`` kinds that cannot be seen with it. In the sentence a kind with less than ``least`` of the
    probability is left out, but for the first.
    """

    kinds: Mapping[str, tuple[str, ...]]
    looks: tuple[str, ...]
    sentences: tuple[Segments, ...]
    rounds: int = 0
    candidates: int = 8
    hides: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    least: float = 0.0

    def __post_init__(self) -> None:
        templates = (*self.looks, *(segment for segments in self.sentences for segment in segments))
        if unknown := {kind for template in templates for kind in kinds_of(template)} - self.kinds.keys():
            raise ValueError(f"a phrasebook has no kind {', '.join(sorted(unknown))}")
        looked_for = {kind for look in self.looks for kind in kinds_of(look)}
        if not self.rounds and (unasked := self.kinds.keys() - looked_for):
            raise ValueError(f"a phrasebook without rounds never asks for {', '.join(sorted(unasked))}")

    def known_to(self, reads: Callable[[str], bool]) -> Phrasebook:
        """What of it consists of words that can be read; a kind of which there is no choice left is unsaid, or goes."""
        known = {kind: tuple(phrase for phrase in phrases if reads(phrase)) for kind, phrases in self.kinds.items()}
        kinds = {kind: phrases for kind, phrases in known.items() if len(phrases) > 1 or phrases == ("",)}

        def possible(template: str) -> bool:
            return all(kind in kinds for kind in kinds_of(template))

        sentences = (tuple(segment for segment in segments if possible(segment)) for segments in self.sentences)
        return dataclasses.replace(
            self,
            kinds=kinds,
            looks=tuple(look for look in self.looks if possible(look)),
            sentences=tuple(dict.fromkeys(segments for segments in sentences if segments)),
        )

    def say(self, segments: Segments, chosen: Mapping[str, str]) -> str:
        """The sentence with the ``chosen`` phrase of each kind."""
        hidden = self.hidden(chosen)
        parts = []
        for segment in segments:
            said = {kind: "" if kind in hidden else chosen[kind] for kind in kinds_of(segment)}
            if any(said.values()):
                parts.append(segment.format(**said))
        return tidied(" ".join(parts))

    def hidden(self, chosen: Mapping[str, str]) -> set[str]:
        """Kinds that cannot be seen beside the chosen phrases."""
        return {kind for phrase in chosen.values() for kind in self.hides.get(phrase, ())}


@cache
def load(name: str) -> Phrasebook:
    """The phrasebook of that name. Raises :class:`ValueError` when there is none."""
    path = Path(__file__).with_name("phrasebooks") / f"{name}.toml"
    if not path.is_file():
        raise ValueError(f"there is no phrasebook {name!r}")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    for field in ("kinds", "hides"):
        read[field] = {key: tuple(values) for key, values in read.get(field, {}).items()}
    read["sentences"] = tuple(tuple(segments) for segments in read["sentences"])
    return Phrasebook(**{**read, "looks": tuple(read["looks"])})


@cache
def kinds_of(template: str) -> tuple[str, ...]:
    """The kinds that stand in a template, in order."""
    return tuple(kind for _, kind, _, _ in string.Formatter().parse(template) if kind)


def tidied(text: str) -> str:
    """Single spaces, none before a comma, and "an" where it belongs."""
    text = re.sub(r" ,", ",", " ".join(text.split())).strip(" ,")
    return re.sub(r"\b(a) (?=[aeiou])", r"\1n ", text)
