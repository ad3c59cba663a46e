"""List the attributes that can be seen in a picture, and their values."""

from typing import Final

from training.picturebook.captions import NOT_SAID
from training.picturebook.picture import ATTRIBUTES, Picture

VALUES: Final[dict[str, tuple[object, ...]]] = {
    **ATTRIBUTES,
    "other_material": ATTRIBUTES["material"],
    "relation": ("left of", "above"),
}
"""The attributes and their values. Of two things, the left or upper one is the "thing"."""
NO_ANSWER: Final = NOT_SAID
_COLOURS: Final = ("colour", "other_colour", "background")
_TURNED: Final = {"right of": "left of", "below": "above"}


def shown(picture: Picture) -> dict[str, object]:
    """Return the attributes that can be seen: scenes have no background, charcoal no colour, a pair no place.

    "A red circle left of a blue square" and "a blue square right of a red circle" give the same answer.
    """
    seen: dict[str, object] = {"thing": picture.thing, "style": picture.style}
    if picture.thing:
        seen |= {"colour": picture.colour, "count": picture.count}
    if picture.is_scene:
        seen |= {name: getattr(picture, name) for name in ("weather", "ground", "mountains")}
    else:
        seen |= {name: getattr(picture, name) for name in ("material", "background", "other")}
        if picture.other:
            seen |= _pair(picture)
            del seen["count"]
        elif picture.count == 1:
            seen |= {"size": picture.size, "place": picture.place}
    return {name: value for name, value in seen.items() if picture.style != "charcoal" or name not in _COLOURS}


def _pair(picture: Picture) -> dict[str, object]:
    one, two = (
        (picture.thing, picture.colour, picture.material),
        (picture.other, picture.other_colour, "solid"),
    )
    if picture.relation in _TURNED:
        one, two = two, one
    names = ("thing", "colour", "material", "other", "other_colour", "other_material")
    relation = _TURNED.get(picture.relation, picture.relation)
    return {**dict(zip(names, one + two, strict=True)), "relation": relation}


def answers(picture: Picture) -> list[int]:
    """Return the index of each attribute's value in VALUES, or NO_ANSWER if the picture does not show it."""
    seen = shown(picture)
    return [values.index(seen[name]) if name in seen else NO_ANSWER for name, values in VALUES.items()]
