"""Give a training its pictures, and captions that say which attributes they state."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from training.picturebook.captions import NOT_SAID, caption
from training.picturebook.picture import ATTRIBUTES, FAMILY, Picture, attributes
from training.pictures.pages import TRAINING_SEED, Pixels, family

COLOURS_OF_A_PICTURE = ("colour", "other_colour", "background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Captions:
    """Captions of n pictures, with their attributes. A caption is true of every picture that shows all it states."""

    texts: list[str]
    stated: Tensor  # (n, A), what each caption states; NOT_SAID for the others
    shown: Tensor  # (n, A), what each picture shows; NOT_SAID for the others

    @property
    def true(self) -> Tensor:
        """Return which captions (columns) are true of which pictures (rows), (n, n)."""
        said, shown = self.stated[None], self.shown[:, None]
        return ((said == NOT_SAID) | (said == shown)).all(-1)


class Corpus(Protocol):
    """Pictures in rows, with newly drawn captions every time."""

    @property
    def pixels(self) -> Pixels:
        """Return all pictures, (N, h, w, 3)."""

    @property
    def alike(self) -> int:
        """Return how many successive rows differ in one attribute only; 1 if that is not known."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return how many values each attribute has; nothing if the attributes are not known."""

    def describe(self, rows: Sequence[int], rng: random.Random) -> Captions:
        """Draw captions for the pictures in `rows`."""


class PictureBook:
    """The picture book's training families, with or without held-out pairs, as their pages were drawn."""

    alike = FAMILY
    sizes = tuple(len(values) for values in ATTRIBUTES.values())

    def __init__(self, pixels: Pixels, *, every_pair: bool = False) -> None:
        self.pixels = pixels
        self._every_pair = every_pair
        self._families: dict[int, list[Picture]] = {}

    def describe(self, rows: Sequence[int], rng: random.Random) -> Captions:
        """Draw captions alike for successive rows of one family, so that often one word differs."""
        texts, stated, shown = [], [], []
        wording, before = 0.0, -1
        for row in rows:
            if row // FAMILY != before:
                wording, before = rng.random(), row // FAMILY
            picture = self.picture(row)
            words = caption(picture, random.Random(wording))
            texts.append(words.text)
            stated.append(canonical(words.stated))
            shown.append(visible(picture))
        return Captions(texts=texts, stated=torch.tensor(stated), shown=torch.tensor(shown))

    def picture(self, row: int) -> Picture:
        """Return what the picture in `row` shows."""
        number = row // FAMILY
        if number not in self._families:
            self._families[number] = family(TRAINING_SEED + number, every_pair=self._every_pair)
        return self._families[number][row % FAMILY]


def visible(picture: Picture) -> list[int]:
    """Return the attributes that can be seen: charcoal has no colours."""
    values = canonical(attributes(picture))
    if picture.style != "charcoal":
        return values
    return [NOT_SAID if name in COLOURS_OF_A_PICTURE else v for name, v in zip(ATTRIBUTES, values, strict=True)]


def canonical(values: Sequence[int]) -> list[int]:
    """Name two shapes from the left or from above, because a picture does not show which was named first.

    "A ring below a star" becomes "a star above a ring".
    """
    told = dict(zip(ATTRIBUTES, values, strict=True))
    relation = ATTRIBUTES["relation"]
    other_way = {relation.index("right of"): "left of", relation.index("below"): "above"}
    if told["relation"] not in other_way:
        return list(values)
    told["relation"] = relation.index(other_way[told["relation"]])
    for one, two in (("thing", "other"), ("colour", "other_colour")):
        told[one], told[two] = told[two], told[one]
    return list(told.values())
