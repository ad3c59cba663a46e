"""Write captions by a grammar, as people type them: sentences, lists with commas, terse words, single fragments.

A caption may leave attributes out and says nothing about those. But without a style it means the plain style, and one
thing alone means that there is no other. That does not hold for a fragment.
"""

import dataclasses
import random

from training.picturebook import words
from training.picturebook.phrases import SCENERY, article, background, landscape, one_of, scene, shapes, thing
from training.picturebook.picture import ATTRIBUTES, Picture, attributes

NOT_SAID = -1
_FIELDS = frozenset(ATTRIBUTES)
COLOURLESS = 1 / 3
"""The share of captions that leave the colours of things out, so that "a cat" is no charcoal drawing."""
_FORMS = {"sentence": 0.72, "list": 0.12, "terse": 0.08, "fragment": 0.08}


@dataclasses.dataclass(frozen=True, slots=True)
class Caption:
    """A caption and the attributes that it states, in the order of `picture.attributes`."""

    text: str
    stated: tuple[int, ...]  # NOT_SAID for the others

    def fits(self, picture: Picture) -> bool:
        """Return whether `picture` shows all that the caption states."""
        pairs = zip(self.stated, attributes(picture), strict=True)
        return all(said in (NOT_SAID, shown) for said, shown in pairs)


def caption(picture: Picture, rng: random.Random) -> Caption:
    """Say what a picture shows, leaving some of it out."""
    form = rng.choices(tuple(_FORMS), tuple(_FORMS.values()))[0]
    if form == "fragment":
        text, said = rng.choice(_fragments(picture, rng))
        return _stating(text, picture, frozenset(said))
    unsaid = _unsayable(picture) | _left_out(picture, rng)
    if form == "sentence":
        parts = (scene if picture.is_scene else shapes)(picture, unsaid, rng)
        text = _with_style(rng.choice(words.STYLE_WORDS[picture.style]), parts)
    else:
        text = _list(picture, unsaid, rng, terse=form == "terse")
    return _stating(text, picture, _FIELDS - unsaid)


def full_caption(picture: Picture) -> str:
    """Return the plain caption that states every attribute that the picture shows; charcoal shows no colours."""
    said = (scene if picture.is_scene else shapes)(picture, _unsayable(picture), None)
    return _with_style(words.STYLE_WORDS[picture.style][0], said)


def _stating(text: str, picture: Picture, said: frozenset[str]) -> Caption:
    values = zip(ATTRIBUTES, attributes(picture), strict=True)
    return Caption(text, tuple(value if name in said else NOT_SAID for name, value in values))


def _unsayable(picture: Picture) -> set[str]:
    """Return the attributes without words: usual values go unsaid, and charcoal shows no colour."""
    usual = {"mountains": False, "size": "middle", "place": "centre", "material": "solid"}
    unsaid = {name for name, value in usual.items() if getattr(picture, name) == value}
    return unsaid | ({"colour", "other_colour", "background"} if picture.style == "charcoal" else set())


def _left_out(picture: Picture, rng: random.Random) -> set[str]:
    """Draw what a caption leaves out; a landscape without a subject leaves out the mountains alone."""
    chances = {"background": 0.12, "weather": 0.25, "ground": 0.2, "mountains": 0.3}
    left_out = {name for name, chance in chances.items() if rng.random() < chance}
    if picture.thing and rng.random() < COLOURLESS:
        left_out |= {"colour", "other_colour"}
    return left_out if picture.thing else left_out - {"weather", "ground"}


def _with_style(form: str, text: str) -> str:
    return form.format(text) if "{}" in form else form + text


def _list(picture: Picture, unsaid: set[str], rng: random.Random, *, terse: bool) -> str:
    """List the parts: in any order with commas, or, if ``terse``, the thing first and no commas."""
    rest: list[str] = []
    if picture.is_scene:
        named = ("weather", words.WEATHER_NAMES), ("ground", words.GROUND_NAMES)
        rest += [rng.choice(names[getattr(picture, field)]) for field, names in named if field not in unsaid]
        rest += ["mountains"] if "mountains" not in unsaid else []
        first = [thing(picture, picture.thing, unsaid, rng, bare=True)] if picture.thing else []
    else:
        rest += [f"{background(picture, rng)} background"] if "background" not in unsaid else []
        first = [shapes(picture, unsaid | {"background"}, rng, bare=True)]
    rest += [rng.choice(words.STYLE_NAMES[picture.style])] if picture.style != "plain" else []
    rng.shuffle(rest)
    if terse:
        return " ".join(first + rest)
    parts = first + rest
    rng.shuffle(parts)
    return ", ".join(parts)


def _fragments(picture: Picture, rng: random.Random) -> list[tuple[str, tuple[str, ...]]]:
    """Return single parts of a prompt that are true of the picture, each with the attributes that it states."""
    found: list[tuple[str, tuple[str, ...]]] = []
    if picture.style != "plain":
        name = rng.choice(words.STYLE_NAMES[picture.style])
        found.append((name if rng.random() < 0.6 or name in words.UNCOUNTED else article(name), ("style",)))
    in_colour = picture.style != "charcoal"
    colours = ("colour",) if in_colour and rng.random() >= COLOURLESS else ()
    if picture.thing and not picture.other:
        said = {"thing", "count", *colours} | ({"size", "material"} - _unsayable(picture))
        found.append((thing(picture, picture.thing, set(_FIELDS - said), rng), tuple(said)))
    if picture.material != "solid" and not picture.other:
        found.append((rng.choice(words.MATERIAL_NAMES[picture.material]), ("material",)))
    if picture.is_scene:
        weather = rng.choice(words.WEATHER_NAMES[picture.weather] + words.WEATHER_WORDS[picture.weather])
        found.append((article(weather) if weather in SCENERY else weather, ("weather",)))
        ground = rng.choice(words.GROUND_NAMES[picture.ground])
        found.append((ground if rng.random() < 0.5 else landscape(picture, rng), ("ground",)))
        found += [(one_of(("mountains", "mountains in the background"), rng), ("mountains",))] * picture.mountains
    elif in_colour:
        said_background = f"{background(picture, rng)} background"
        found.append((rng.choice((said_background, article(said_background))), ("background",)))
    return found or [(full_caption(picture), tuple(_FIELDS - _unsayable(picture)))]
