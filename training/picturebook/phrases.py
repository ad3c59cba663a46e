"""Name things, shapes and scenes for captions. Without a generator, the first word is always taken."""

import random
from collections.abc import Sequence

from training.picturebook import words
from training.picturebook.picture import Picture

SCENERY = frozenset({
    "sunny day", "blue sky", "cloudy sky", "starry night", "starry sky", "night sky", "sunset", "orange sky",
    "rainy day", "snowfall", "snowstorm",
})  # fmt: skip
"""Weathers that people name as something to see: "a starry sky"."""
_LANDSCAPES = {
    "grass": ("a green meadow", "a green field", "a meadow", "grass"),
    "desert": ("a desert", "a sandy desert", "a beach"),
    "sea": ("the sea", "the ocean", "a sea"),
    "snowfield": ("a field of snow", "snowy ground", "a winter landscape"),
    "road": ("a road", "a street"),
}
_BENEATH = {"grass": "meadow", "desert": "desert", "sea": "sea", "snowfield": "snow", "road": "road"}


def one_of(options: Sequence[str], rng: random.Random | None) -> str:
    """Draw one of the options, or take the first without a generator."""
    return rng.choice(options) if rng else options[0]


def article(phrase: str) -> str:
    """Put "a" or "an" before the phrase."""
    return f"an {phrase}" if phrase[0] in "aeiou" or phrase.startswith("8 ") else f"a {phrase}"


def background(picture: Picture, rng: random.Random | None) -> str:
    """Name the background's colour."""
    return one_of(words.COLOUR_WORDS.get(picture.background, (picture.background,)), rng)


def landscape(picture: Picture, rng: random.Random | None) -> str:
    """Name the ground as a landscape: "a meadow"."""
    return one_of(_LANDSCAPES[picture.ground], rng)


def thing(picture: Picture, name: str, unsaid: set[str], rng: random.Random | None, *, bare: bool = False) -> str:
    """Name the picture's thing or its other one, for instance "a large striped red circle", "two blue cars"."""
    main = name == picture.thing
    count = picture.count if main else 1
    colour, field = (picture.colour, "colour") if main else (picture.other_colour, "other_colour")
    word = rng.choice(words.THING_WORDS[name])[count > 1] if rng else words.THING_WORDS[name][0][count > 1]
    said = "" if field in unsaid else one_of(words.COLOUR_WORDS.get(colour, (colour,)), rng)
    size = "" if "size" in unsaid else one_of(words.SIZE_WORDS[picture.size], rng)
    material = "" if "material" in unsaid or not main else one_of(words.MATERIAL_WORDS[picture.material], rng)
    around = "{}" in material
    adjectives = ["" if around else material, said]
    if rng and rng.random() < 0.3:
        adjectives.reverse()
    phrase = " ".join(part for part in (size, *adjectives, word) if part)
    phrase = material.format(phrase) if around else phrase
    if count > 1:
        return f"{one_of(words.COUNT_WORDS[count], rng)} {phrase}"
    return phrase if bare or (rng and rng.random() < 0.12) else article(phrase)


def shapes(picture: Picture, unsaid: set[str], rng: random.Random | None, *, bare: bool = False) -> str:
    """Name a picture of shapes: "a red circle on the left on a blue background"."""
    said = thing(picture, picture.thing, unsaid, rng, bare=bare)
    if picture.other:
        relation = one_of(words.RELATION_WORDS[picture.relation], rng)
        said += f" {relation} {thing(picture, picture.other, unsaid, rng, bare=bare)}"
    place = one_of(words.PLACE_WORDS[picture.place], rng)
    if place and not picture.other and picture.count == 1:
        said += f" {place}"
    if "background" in unsaid:
        return said
    colour = background(picture, rng)
    forms = (
        "{0} on {2} background", "{0} on {2} background", "{0} on {1}", "{0}, {1} background",
        "{0} in front of {2} background", "{2} background with {0}",
    )  # fmt: skip
    return one_of(forms, rng).format(said, colour, article(colour))


def scene(picture: Picture, unsaid: set[str], rng: random.Random | None) -> str:
    """Name a scene: "a red car at night on a road with mountains", the later parts in any order."""
    ground = ""
    if picture.thing:
        first = thing(picture, picture.thing, unsaid, rng)
        ground = one_of(words.GROUND_WORDS[picture.ground], rng)
        if picture.thing == "balloon" and rng and rng.random() < 0.5:
            ground = rng.choice(("over the ", "above the ")) + _BENEATH[picture.ground]
    else:
        first = landscape(picture, rng)
    bare = words.WEATHER_NAMES[picture.weather]
    weather = rng.choice(bare) if rng and rng.random() < 0.3 else one_of(words.WEATHER_WORDS[picture.weather], rng)
    rest = [
        weather if "weather" not in unsaid else "",
        ground if "ground" not in unsaid else "",
        one_of(("with mountains", "in front of mountains"), rng) if "mountains" not in unsaid else "",
    ]
    rest = [part for part in rest if part]
    if rng:
        rng.shuffle(rest)
    text = first
    for part in rest:
        text += (", " if part in bare or (rng and rng.random() < 0.35) else " ") + part
    return text
