"""Make the lists of pictures with a thing to replace, always the same: one to choose settings on, one to report."""

import dataclasses
import random
from enum import StrEnum

from benchmarks.alignment.prompts import Change, look_belongs
from benchmarks.options import PromptList
from training.picturebook.phrases import thing
from training.picturebook.picture import Picture, sample, too_fine
from training.picturebook.words import SHAPES, SUBJECTS


class Naming(StrEnum):
    """Name the thing to replace: as "red car" or as "car"."""

    COLOURED = "coloured"
    BARE = "bare"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A thing to replace."""

    edit: Change  # the pictures before and after
    source: str  # what to replace
    target: str  # by what

    @property
    def asked(self) -> str:
        """Return the replacement as a person would say it."""
        return f"{self.source} to {self.target}"


def replacements(which: PromptList, count: int, naming: Naming) -> list[Replacement]:
    """Return the first ``count`` of a list: the thing becomes another, and all else stays."""
    rng = random.Random(which.seed + 3)
    found: list[Replacement] = []
    while len(found) < count:
        before = sample(rng)
        if not before.thing:
            continue
        after = dataclasses.replace(before, thing=rng.choice(_others(before)))
        if not too_fine(after) and look_belongs(after, which):
            edit = Change(before=before, after=after, asked="thing")
            found.append(Replacement(edit=edit, source=_named(before, naming), target=_named(after, Naming.COLOURED)))
    return found


def _others(picture: Picture) -> list[str]:
    """Return what could stand in the thing's place."""
    if picture.is_scene:
        ashore = [subject for subject in SUBJECTS if subject != "boat"]
        possible = ["boat", "balloon"] if picture.ground == "sea" else ashore
    else:
        possible = [shape for shape in SHAPES if shape != picture.other]
    return [other for other in possible if other != picture.thing]


def _named(picture: Picture, naming: Naming) -> str:
    """Name the thing: "a red car", "two red cars", "car"; charcoal shows no colour."""
    unsaid = {"size", "material"} | ({"colour"} if naming is Naming.BARE or picture.style == "charcoal" else set())
    return thing(picture, picture.thing, unsaid, None, bare=naming is Naming.BARE)
