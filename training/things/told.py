"""Tell what a composed scene shows, as people type it, and which other scenes the same words are true of."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from training.picturebook import words
from training.picturebook.phrases import article
from training.things.scenes import COLOURS, UNKNOWN, Scene
from training.things.table import Thing, plural_of, things

_BESIDE: Final = ("and", "and", "next to", "beside", "with")
_ABOVE: Final = ("above", "over")
_BEFORE: Final = ("", "", "", "", "", "a picture of ", "a drawing of ", "an image of ")
_NAMED: Final = 0.6  # how often a thing is called by its name and not by an alias


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingCaption:
    """A caption, and what it states. What it leaves open is UNKNOWN."""

    text: str
    kinds: frozenset[str]
    count: int
    colour: int
    weather: int
    ground: int

    def true_of(self, scene: Scene) -> bool:
        """Return whether the caption is true of ``scene``; a scene without a known colour may have any."""
        if self.kinds != frozenset(thing.name for thing in scene.things) or self.count != scene.copies:
            return False
        stated = ((self.weather, scene.weather), (self.ground, scene.ground))
        if self.colour not in (UNKNOWN, scene.colour) and scene.colour != UNKNOWN:
            return False
        return all(said in (UNKNOWN, shown) for said, shown in stated)


def told(scene: Scene, rng: random.Random) -> ThingCaption:
    """Return a caption of ``scene`` that leaves some of it out."""
    colour = scene.colour if rng.random() < 0.85 else UNKNOWN
    weather = scene.weather if rng.random() < 0.6 else UNKNOWN
    ground = scene.ground if rng.random() < 0.6 else UNKNOWN
    parts = [_thing(thing, scene.copies, colour, rng) for thing in scene.things]
    text = parts[0]
    for part in parts[1:]:
        text = f"{text} {rng.choice(_ABOVE if scene.stacked else _BESIDE)} {part}"
    if ground != UNKNOWN:
        text = f"{text} {rng.choice(words.GROUND_WORDS[words.GROUNDS[ground]])}"
    if weather != UNKNOWN:
        text = f"{text} {rng.choice(words.WEATHER_WORDS[words.WEATHERS[weather]])}"
    return ThingCaption(
        text=rng.choice(_BEFORE) + text, kinds=frozenset(thing.name for thing in scene.things), count=scene.copies,
        colour=colour, weather=weather, ground=ground,
    )  # fmt: skip


def every_text() -> list[str]:
    """Return texts that hold each word of the captions at least once."""
    tables = (words.GROUND_WORDS, words.WEATHER_WORDS, words.COLOUR_WORDS)
    found = [text for table in tables for texts in table.values() for text in texts]
    found += [*words.COLOURS, *_BEFORE, *_BESIDE, *_ABOVE, "a an the of"]
    found += [text for count in (2, 3, 4) for text in words.COUNT_WORDS[count]]
    for thing in things().values():
        found += [thing.name, thing.plural, *thing.aliases, *map(plural_of, thing.aliases)]
    return found


def truths(captions: Sequence[ThingCaption], scenes: Sequence[Scene]) -> Tensor:
    """Return whether caption j is true of scene i, (n, n) bool."""
    return torch.tensor([[caption.true_of(scene) for caption in captions] for scene in scenes])


def _thing(thing: Thing, copies: int, colour: int, rng: random.Random) -> str:
    alias = rng.choice(thing.aliases) if thing.aliases and rng.random() > _NAMED else None
    said = "" if colour == UNKNOWN else rng.choice(words.COLOUR_WORDS.get(COLOURS[colour], (COLOURS[colour],)))
    if copies > 1:
        plural = plural_of(alias) if alias else thing.plural
        return " ".join(filter(None, (rng.choice(words.COUNT_WORDS[copies]), said, plural)))
    phrase = " ".join(filter(None, (said, alias or thing.name)))
    return phrase if not thing.article else article(phrase)
