"""Captions from a grammar: synonyms, paraphrases, left-out attributes, lists with commas."""

import dataclasses
import random

from training.picturebook import words
from training.picturebook.picture import Picture, attributes

NOT_SAID = -1
_FIELDS = tuple(field.name for field in dataclasses.fields(Picture))


@dataclasses.dataclass(frozen=True, slots=True)
class Caption:
    """The words, and the attributes that they state: as `picture.attributes`, with NOT_SAID for the others."""

    text: str
    stated: tuple[int, ...]

    def fits(self, picture: Picture) -> bool:
        """Whether `picture` shows all that the caption states, so that it is no wrong answer."""
        pairs = zip(self.stated, attributes(picture), strict=True)
        return all(said in (NOT_SAID, shown) for said, shown in pairs)


def caption(picture: Picture, rng: random.Random) -> Caption:
    """Say what a picture shows, leaving some of it out."""
    unsaid = set() if picture.mountains else {"mountains"}
    unsaid |= {name for name, usual in (("size", "middle"), ("place", "centre")) if getattr(picture, name) == usual}
    if picture.style == "charcoal":
        unsaid |= {"colour", "other_colour", "background"}
    leave_out = {"background": 0.12, "weather": 0.25, "ground": 0.2, "mountains": 0.3}
    if picture.thing:
        draws = [(name, rng.random() < chance) for name, chance in leave_out.items()]
        unsaid |= {name for name, out in draws if out}
    parts = _scene_parts(picture, unsaid, rng) if picture.is_scene else _shape_parts(picture, unsaid, rng)
    text = _with_style(picture.style, parts, rng)
    values = zip(_FIELDS, attributes(picture), strict=True)
    return Caption(text, tuple(NOT_SAID if name in unsaid else value for name, value in values))


def _with_style(style: str, text: str, rng: random.Random) -> str:
    form = rng.choice(words.STYLE_WORDS[style])
    return form.format(text) if "{}" in form else form + text


def _thing(picture: Picture, thing: str, colour: str, unsaid: set[str], rng: random.Random, count: int = 1) -> str:
    """For instance "a large red circle", "two blue cars"."""
    word = rng.choice(words.THING_WORDS[thing])[count > 1]
    said = "" if "colour" in unsaid else rng.choice(words.COLOUR_WORDS.get(colour, (colour,)))
    phrase = " ".join(part for part in (rng.choice(words.SIZE_WORDS[picture.size]), said, word) if part)
    if count > 1:
        return f"{rng.choice(words.COUNT_WORDS[count])} {phrase}"
    return phrase if rng.random() < 0.12 else _article(phrase)


def _article(phrase: str) -> str:
    return f"an {phrase}" if phrase[0] in "aeiou" else f"a {phrase}"


def _shape_parts(picture: Picture, unsaid: set[str], rng: random.Random) -> str:
    said = _thing(picture, picture.thing, picture.colour, unsaid, rng, picture.count)
    if picture.other:
        relation = rng.choice(words.RELATION_WORDS[picture.relation])
        said += f" {relation} {_thing(picture, picture.other, picture.other_colour, unsaid, rng)}"
    place = rng.choice(words.PLACE_WORDS[picture.place])
    if place and not picture.other and picture.count == 1:
        said += f" {place}"
    if "background" in unsaid:
        return said
    background = rng.choice(words.COLOUR_WORDS.get(picture.background, (picture.background,)))
    form = rng.choice((
        "{0} on {2} background", "{0} on {2} background", "{0} on {1}", "{0}, {1} background",
        "{0} in front of {2} background", "{2} background with {0}",
    ))  # fmt: skip
    return form.format(said, background, _article(background))


_LANDSCAPES = {
    "grass": ("a green meadow", "a green field", "grass"),
    "desert": ("a desert", "a sandy desert"),
    "sea": ("the sea", "the ocean"),
    "snowfield": ("a field of snow", "snowy ground"),
    "road": ("a road", "a street"),
}


def _scene_parts(picture: Picture, unsaid: set[str], rng: random.Random) -> str:
    if picture.thing:
        first = _thing(picture, picture.thing, picture.colour, unsaid, rng, picture.count)
        above = {"balloon": ("over the ", "above the ")}.get(picture.thing)
        ground = rng.choice(words.GROUND_WORDS[picture.ground])
        if above and rng.random() < 0.5:
            noun = {"grass": "meadow", "desert": "desert", "sea": "sea", "snowfield": "snow", "road": "road"}
            ground = rng.choice(above) + noun[picture.ground]
    else:
        first, ground = rng.choice(_LANDSCAPES[picture.ground]), ""
        unsaid -= {"ground", "weather"}
    rest = [
        ground if "ground" not in unsaid else "",
        rng.choice(words.WEATHER_WORDS[picture.weather]) if "weather" not in unsaid else "",
        rng.choice(("with mountains", "in front of mountains")) if "mountains" not in unsaid else "",
    ]
    rest = [part for part in rest if part]
    rng.shuffle(rest)
    text = first
    for part in rest:
        bare = part in ("sunny", "cloudy", "night", "sunset", "rain", "rainy", "snowing")
        text += (", " if bare or rng.random() < 0.35 else " ") + part
    return text
