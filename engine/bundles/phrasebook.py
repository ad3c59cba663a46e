"""Phrasebooks: phrases that describe pictures, and the sentences to make of them. They lie in ``phrasebooks/``."""

from __future__ import annotations

import dataclasses
import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GENERAL = "general"  # the phrasebook of a bundle that names none

Segments = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrasebook:
    """One phrasebook."""

    kinds: Mapping[str, tuple[str, ...]]  # the phrases of each kind; "" says nothing
    looks: tuple[str, ...]  # templates such as "a {colour} {thing}", compared with every phrase filled in
    sentences: tuple[Segments, ...]  # ways to say everything; a segment with nothing to say is left out
    rounds: int = 0  # how often each kind is asked again within the whole sentence
    candidates: int = 8  # the phrases of a kind that are asked again
    hides: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)  # kinds that a phrase hides
    least: float = 0.0  # a kind with less probability is not said, unless it is the first

    def __post_init__(self) -> None:
        templates = (*self.looks, *(segment for segments in self.sentences for segment in segments))
        if unknown := {kind for template in templates for kind in kinds_of(template)} - self.kinds.keys():
            raise ValueError(f"a phrasebook has no kind {', '.join(sorted(unknown))}")
        looked_for = {kind for look in self.looks for kind in kinds_of(look)}
        if not self.rounds and (unasked := self.kinds.keys() - looked_for):
            raise ValueError(f"a phrasebook without rounds never asks for {', '.join(sorted(unasked))}")

    def known_to(self, reads: Callable[[str], bool]) -> Phrasebook:
        """Return the part whose words can be read, without the kinds that leave no choice."""
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
        """Return the sentence with the ``chosen`` phrase of each kind."""
        hidden = self.hidden(chosen)
        parts = []
        for segment in segments:
            said = {kind: "" if kind in hidden else chosen[kind] for kind in kinds_of(segment)}
            if any(said.values()):
                parts.append(segment.format(**said))
        return tidied(" ".join(parts))

    def hidden(self, chosen: Mapping[str, str]) -> set[str]:
        """Return the kinds that cannot be seen beside the chosen phrases."""
        return {kind for phrase in chosen.values() for kind in self.hides.get(phrase, ())}


@cache
def load(name: str) -> Phrasebook:
    """Return the phrasebook of that name. Raises :class:`ValueError` if there is none."""
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
    """Return the kinds of a template, in order."""
    return tuple(kind for _, kind, _, _ in string.Formatter().parse(template) if kind)


def tidied(text: str) -> str:
    """Reduce spaces to single ones, remove those before commas, and turn "a" into "an" before vowels."""
    text = re.sub(r" ,", ",", " ".join(text.split())).strip(" ,")
    return re.sub(r"\b(a) (?=[aeiou])", r"\1n ", text)
