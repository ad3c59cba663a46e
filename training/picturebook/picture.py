"""Say what one picture shows: the attributes, how they are drawn by chance, and which pairs are held out."""

import dataclasses
import random
from dataclasses import dataclass

from training.picturebook.words import (
    COLOURS,
    GROUNDS,
    MATERIALS,
    PLACES,
    RELATIONS,
    SHAPES,
    SIZES,
    STYLES,
    SUBJECTS,
    THINGS,
    WEATHERS,
)

COLOUR_NAMES = tuple(COLOURS)
FAMILY = 4
"""Pictures of one family are alike but for a single attribute: hard negatives of each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The attributes of one picture. Shapes have a background, scenes a weather and a ground; "" is "none".

    The material is that of `thing`, for shapes alone: every other thing is "solid".
    """

    thing: str
    colour: str
    material: str = "solid"
    count: int = 1
    size: str = "middle"
    place: str = "centre"
    background: str = ""
    other: str = ""
    other_colour: str = ""
    relation: str = "none"
    weather: str = ""
    ground: str = ""
    mountains: bool = False
    style: str = "plain"

    @property
    def is_scene(self) -> bool:
        return bool(self.weather)


ATTRIBUTES: dict[str, tuple[object, ...]] = {
    "thing": ("", *THINGS),
    "colour": ("", *COLOUR_NAMES),
    "material": MATERIALS,
    "count": (1, 2, 3, 4),
    "size": SIZES,
    "place": PLACES,
    "background": ("", *COLOUR_NAMES),
    "other": ("", *SHAPES),
    "other_colour": ("", *COLOUR_NAMES),
    "relation": RELATIONS,
    "weather": ("", *WEATHERS),
    "ground": ("", *GROUNDS),
    "mountains": (False, True),
    "style": STYLES,
}
"""Every field of `Picture` and all its values, in the order that `attributes` counts them."""


def held_out_colour(thing: str, colour: str) -> bool:
    """Return whether the pair is held out. One in eleven pairs of a thing and its colour never occurs in training."""
    return (3 * COLOUR_NAMES.index(colour) + THINGS.index(thing)) % 11 == 5


def held_out_weather(subject: str, weather: str) -> bool:
    """Return whether the pair is held out. One in seven pairs of a subject and its weather never occurs in training."""
    return (WEATHERS.index(weather) + 2 * SUBJECTS.index(subject)) % 7 == 5


def held_out(picture: Picture) -> bool:
    """Return whether a picture shows any pair that training must not see."""
    if picture.thing and held_out_colour(picture.thing, picture.colour):
        return True
    if picture.other and held_out_colour(picture.other, picture.other_colour):
        return True
    return bool(picture.is_scene and picture.thing and held_out_weather(picture.thing, picture.weather))


def too_fine(picture: Picture) -> bool:
    """Return whether a picture asks for more detail than it can show; no book has such a picture.

    Small things have no material and are not painted in oil. In a style other than plain a thing with a material
    stands alone, and pixel art, with its 16 x 16 cells, shows no material, nothing small and at most two things.
    """
    if picture.material != "solid":
        alone = picture.count == 1 and not picture.other
        return picture.size == "small" or picture.style == "pixel art" or (picture.style != "plain" and not alone)
    if picture.size == "small":
        return picture.style in ("pixel art", "oil painting")
    return picture.style == "pixel art" and picture.count > 2


def sample(rng: random.Random) -> Picture:
    """Draw one picture's attributes, held-out pairs included."""
    while True:
        picture = _sample_shapes(rng) if rng.random() < 0.5 else _sample_scene(rng)
        if not too_fine(picture):
            return picture


def sample_family(rng: random.Random, *, every_pair: bool = False) -> list[Picture]:
    """Draw FAMILY pictures for training: the first by chance, the rest with one and the same attribute changed.

    With ``every_pair`` they may show held-out pairs too: for the judge, who guides no painting.
    """

    def hidden(picture: Picture) -> bool:
        return not every_pair and held_out(picture)

    while True:
        first = sample(rng)
        if hidden(first):
            continue
        pool = list(dict.fromkeys(_variations(first, rng)))
        rng.shuffle(pool)
        rest = [other for other in pool if other != first and not hidden(other) and not too_fine(other)][: FAMILY - 1]
        if len(rest) == FAMILY - 1:
            return [first, *rest]


def attributes(picture: Picture) -> list[int]:
    """Return the attributes as small integers, places in ATTRIBUTES, in the order of the dataclass's fields."""
    return [values.index(getattr(picture, name)) for name, values in ATTRIBUTES.items()]


def _sample_style(rng: random.Random) -> str:
    return rng.choices(STYLES, (0.66, 0.085, 0.085, 0.085, 0.085))[0]


def _sample_shapes(rng: random.Random) -> Picture:
    background = rng.choices(COLOUR_NAMES, [5 if c == "white" else 2 if c == "black" else 1 for c in COLOUR_NAMES])[0]
    colour, other_colour = rng.sample([c for c in COLOUR_NAMES if c != background], 2)
    shape, other = rng.sample(SHAPES, 2)
    material = rng.choices(MATERIALS, (0.67, 0.11, 0.11, 0.11))[0]
    basic = Picture(
        thing=shape, colour=colour, material=material, background=background, style=_sample_style(rng)
    )  # fmt: skip
    match rng.choices(("one", "size", "place", "count", "two"), (40, 12, 14, 14, 20))[0]:
        case "size":
            return dataclasses.replace(basic, size=rng.choice(SIZES[1:]))
        case "place":
            return dataclasses.replace(basic, place=rng.choice(PLACES[1:]))
        case "count":
            return dataclasses.replace(basic, count=rng.randint(2, 4))
        case "two":
            relation = rng.choice(RELATIONS[1:])
            return dataclasses.replace(basic, other=other, other_colour=other_colour, relation=relation)
        case _:
            return basic


def _sample_scene(rng: random.Random) -> Picture:
    ground = rng.choice(GROUNDS)
    weather, style = rng.choice(WEATHERS), _sample_style(rng)
    mountains = ground != "road" and rng.random() < 0.2
    if rng.random() < 0.08:
        return Picture(thing="", colour="", weather=weather, ground=ground, mountains=mountains, style=style)
    subject = rng.choice(_subjects_on(ground))
    count = rng.choice((2, 3)) if rng.random() < 0.1 else 1
    return Picture(
        thing=subject, colour=rng.choice(COLOUR_NAMES), count=count, weather=weather, ground=ground,
        mountains=mountains, style=style,
    )  # fmt: skip


def _subjects_on(ground: str) -> tuple[str, ...]:
    match ground:
        case "sea":
            return ("boat", "boat", "balloon")
        case "road":
            return ("car", "bus", "house", "tree", "cat")
        case _:
            return ("house", "tree", "car", "bus", "flower", "balloon", "cat")


def _variations(first: Picture, rng: random.Random) -> list[Picture]:
    """Return pictures that differ from the first in one attribute, the thing drawn most often of all."""
    replace = dataclasses.replace
    axes: list[list[Picture]] = []
    if first.is_scene:
        if first.thing:
            things = set(_subjects_on(first.ground)) if first.ground != "sea" else {"boat", "balloon"}
            axes += 2 * [[replace(first, thing=thing) for thing in sorted(things)]]
            axes.append([replace(first, colour=colour) for colour in COLOUR_NAMES])
        axes.append([replace(first, weather=weather) for weather in WEATHERS])
        grounds = [ground for ground in GROUNDS if not first.thing or first.thing in _subjects_on(ground)]
        axes.append([replace(first, ground=ground) for ground in grounds if not (first.mountains and ground == "road")])
        axes.append([replace(first, style=style) for style in STYLES])
    else:
        free = [c for c in COLOUR_NAMES if c not in (first.colour, first.background, first.other_colour)]
        axes += 4 * [[replace(first, thing=shape) for shape in SHAPES if shape != first.other]]
        axes.append([replace(first, colour=colour) for colour in free])
        axes.append([replace(first, background=colour) for colour in free])
        axes.append([replace(first, style=style) for style in STYLES])
        axes.append([replace(first, material=material) for material in MATERIALS])
        if first.other:
            axes.append([replace(first, other=shape) for shape in SHAPES if shape != first.thing])
            axes.append([replace(first, relation=relation) for relation in RELATIONS[1:]])
        elif first.count > 1 or (first.size == "middle" and first.place == "centre"):
            axes.append([replace(first, count=count) for count in range(1, 5)])
            if first.count == 1:
                axes.append([replace(first, place=place) for place in PLACES])
    return rng.choice(axes)
