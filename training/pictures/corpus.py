"""What a training learns from: pictures, and captions that say which of their attributes they state."""

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
    """n captions, and the attributes stated by each and shown by its picture; NOT_SAID marks what is not.

    A caption is true of every picture that shows all that it states.
    """

    texts: list[str]
    stated: Tensor  # (n, A)
    shown: Tensor  # (n, A)

    @property
    def true(self) -> Tensor:
        """Which captions (columns) are true of which pictures (rows): (n, n)."""
        said, shown = self.stated[None], self.shown[:, None]
        return ((said == NOT_SAID) | (said == shown)).all(-1)


class Corpus(Protocol):
    """Pictures in rows, with new words for them every time."""

    @property
    def pixels(self) -> Pixels:
        """(N, h, w, 3)."""

    @property
    def alike(self) -> int:
        """So many rows in a row are alike but for one attribute; 1 where nothing is known of that."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each attribute can have; none where the attributes are not known."""

    def describe(self, rows: Sequence[int], rng: random.Random) -> Captions:
        """Captions of the pictures in `rows`."""


class PictureBook:
    """The picture book's training families; ``every_pair`` as their pages were drawn."""

    alike = FAMILY
    sizes = tuple(len(values) for values in ATTRIBUTES.values())

    def __init__(self, pixels: Pixels, *, every_pair: bool = False) -> None:
        self.pixels = pixels
        self._every_pair = every_pair
        self._families: dict[int, list[Picture]] = {}

    def describe(self, rows: Sequence[int], rng: random.Random) -> Captions:
        """Captions drawn alike for rows of one family that follow each other, so that often one word differs."""
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
        """What the picture in `row` shows."""
        number = row // FAMILY
        if number not in self._families:
            self._families[number] = family(TRAINING_SEED + number, every_pair=self._every_pair)
        return self._families[number][row % FAMILY]


def visible(picture: Picture) -> list[int]:
    """The attributes that can be seen: charcoal has no colours."""
    values = canonical(attributes(picture))
    if picture.style != "charcoal":
        return values
    return [NOT_SAID if name in COLOURS_OF_A_PICTURE else v for name, v in zip(ATTRIBUTES, values, strict=True)]


def canonical(values: Sequence[int]) -> list[int]:
    """Attributes of two shapes told from the left or from above: "a ring below a star" as "a star above a ring".

    A picture does not show which of them was named first.
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
