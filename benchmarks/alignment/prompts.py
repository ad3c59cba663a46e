"""Make the lists of prompts and of edits, always the same: one to choose settings on, one to report."""

import dataclasses
import random
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Final

from benchmarks.judge.attributes import answers, shown
from benchmarks.options import PromptList
from training.picturebook.captions import full_caption
from training.picturebook.picture import ATTRIBUTES, Picture, held_out, held_out_weather, sample, too_fine
from training.pictures.pages import family
from training.presets import SMALL


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A picture, and the same with another value of one attribute, the ``asked`` one."""

    before: Picture
    after: Picture
    asked: str

    @property
    def prompt(self) -> str:
        """Return the prompt of the edit, which states all that the new picture shows."""
        return full_caption(self.after)


EDITED: Final = ("colour", "background", "material", "weather", "style")  # the attributes to change, in turn
Look = tuple[int, ...]


def pictures(which: PromptList, count: int) -> list[Picture]:
    """Return the first ``count`` pictures of a list; every second shows a pair that was never trained.

    No two look alike, and none looks like a page of the training.
    """
    streams = [_stream(which, unseen=unseen) for unseen in (False, True)]
    return [next(streams[i % 2]) for i in range(count)]


def shows_unseen_pair(picture: Picture) -> bool:
    """Return whether a pair that was never trained can be seen; charcoal hides a thing's colour."""
    if picture.style != "charcoal":
        return held_out(picture)
    return bool(picture.is_scene and picture.thing and held_out_weather(picture.thing, picture.weather))


def edits(which: PromptList, count: int) -> list[Change]:
    """Return the first ``count`` edits of a list; the attributes of EDITED take turns, no two results look alike."""
    rng = random.Random(which.seed + 2)
    found: dict[Look, Change] = {}
    while len(found) < count:
        asked = EDITED[len(found) % len(EDITED)]
        before = sample(rng)
        after = _changed(before, asked, rng)
        if after is not None and _belongs(look := _look(after), which) and look not in found:
            found[look] = Change(before=before, after=after, asked=asked)
    return list(found.values())


def _stream(which: PromptList, *, unseen: bool) -> Iterator[Picture]:
    """Yield new pictures without end. Another picture of the same kind replaces one that was trained.

    So kinds keep their shares. Otherwise the few kinds with many looks would crowd out the simple ones.
    """
    rng = random.Random(which.seed + unseen)
    given: set[Look] = set()
    while True:
        kind, picture = None, sample(rng)
        while kind not in (None, _kind(picture)) or not _is_new(picture, which, unseen, given):
            if kind is None and held_out(picture) == unseen:
                kind = _kind(picture)
            picture = sample(rng)
        given.add(_look(picture))
        yield picture


def _is_new(picture: Picture, which: PromptList, unseen: bool, given: set[Look]) -> bool:
    if held_out(picture) != unseen or shows_unseen_pair(picture) != unseen:
        return False
    look = _look(picture)
    return look not in given and _belongs(look, which) and look not in _trained()


def _kind(picture: Picture) -> tuple[object, ...]:
    return picture.is_scene, bool(picture.other), picture.count > 1, picture.size, picture.place


def _look(picture: Picture) -> Look:
    return tuple(answers(picture))


def look_belongs(picture: Picture, which: PromptList) -> bool:
    """Return whether the picture's look belongs to the list."""
    return _belongs(_look(picture), which)


def _belongs(look: Look, which: PromptList) -> bool:
    """Give one half of all looks to the dev list, the other to the test list."""
    return (zlib.crc32(bytes(value + 1 for value in look)) % 2 == 0) == (which is PromptList.DEV)


@cache
def _trained() -> frozenset[Look]:
    """Return what all training pages look like."""
    return frozenset(_look(picture) for seed in range(SMALL.families) for picture in family(seed))


def _changed(before: Picture, asked: str, rng: random.Random) -> Picture | None:
    """Return the picture with another value of one attribute; None if it does not show it or is then too fine."""
    if asked not in shown(before):
        return None
    taken = {"", getattr(before, asked)}
    if asked in ("colour", "background"):
        taken |= {before.colour, before.other_colour, before.background}
    value = rng.choice([value for value in ATTRIBUTES[asked] if value not in taken])
    after = dataclasses.replace(before, **{asked: value})  # type: ignore[arg-type]
    return None if too_fine(after) else after
