"""Score painted and real pictures by the judge and by their pixels."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from benchmarks.alignment.prompts import Change, shows_unseen_pair
from benchmarks.judge.attributes import VALUES, shown
from benchmarks.judge.evaluate import right_answers, top1
from benchmarks.judge.judge import Judge
from benchmarks.shares import Share, share
from engine import pictures as engine_pictures
from training.picturebook.draw import draw
from training.picturebook.picture import Picture

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Hold what the judge says of one picture for each prompt."""

    found: tuple[bool, ...]  # whether the picture's own prompt fits it best of all
    unseen: tuple[bool, ...]  # whether it shows a pair that was never trained
    attributes: Mapping[str, Share]

    @property
    def top1(self) -> Share:
        """Return the share of all pictures that found their prompt."""
        return share(self.found)

    @property
    def top1_unseen(self) -> Share:
        """Return the same share of those with a pair never trained, still among all prompts."""
        return share([found for found, unseen in zip(self.found, self.unseen, strict=True) if unseen])


def align(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> Alignment:
    """Judge ``images`` (n, 3, h, w) that were to show ``pictures``."""
    results = right_answers(judge, pictures, images)
    return Alignment(
        found=tuple(top1(judge, pictures, images).tolist()),
        unseen=tuple(shows_unseen_pair(picture) for picture in pictures),
        attributes={name: share(result) for name, result in results.items() if result},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Hold what the judge says of edits."""

    done: tuple[bool, ...]
    reached: Mapping[str, Share]
    kept: Mapping[str, Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEdit:
    """Hold whether one edit is done, and by attribute whether each other one is as before."""

    done: bool
    kept: Mapping[str, bool]


def read_edits(judge: Judge, edits: Sequence[Change], images: Tensor) -> list[ReadEdit]:
    """Read whether each of ``images`` shows the asked attribute, and which others that both pictures show stayed."""
    read = []
    for edit, row in zip(edits, judge.attributes(images).tolist(), strict=True):
        found = dict(zip(VALUES, row, strict=True))
        before, after = shown(edit.before), shown(edit.after)
        right = {name: VALUES[name][found[name]] == after[name] for name in VALUES if name in before and name in after}
        changed = {name for name in right if before[name] != after[name]}
        read.append(
            ReadEdit(
                done=all(right[name] for name in changed),
                kept={name: value for name, value in right.items() if name not in changed},
            )
        )
    return read


def judge_edits(judge: Judge, edits: Sequence[Change], images: Tensor) -> Edited:
    """Sum up what :func:`read_edits` says of all edits."""
    read = read_edits(judge, edits, images)
    reached: dict[str, list[bool]] = {}
    kept: dict[str, list[bool]] = {}
    for edit, one in zip(edits, read, strict=True):
        reached.setdefault(edit.asked, []).append(one.done)
        for name, value in one.kept.items():
            kept.setdefault(name, []).append(value)
    return Edited(
        done=tuple(one.done for one in read),
        reached={name: share(results) for name, results in reached.items()},
        kept={name: share(kept[name]) for name in VALUES if name in kept},
    )


def outside_difference(edit: Change, seed: int, one: Image.Image, two: Image.Image) -> float:
    """Return the mean absolute difference of two pictures outside the edit's subject, 0 to 255."""
    return difference(one, two, ~subject(edit.before, seed, one.width))


def difference(one: Image.Image, two: Image.Image, where: Mask) -> float:
    """Return the mean absolute difference of two pictures there, 0 to 255; 0 for an empty mask."""
    if not where.any():
        return 0.0
    return float(np.abs(np.asarray(one, dtype=np.int16) - np.asarray(two, dtype=np.int16))[where].mean())


def overlap(found: Mask, true: Mask) -> float:
    """Return the intersection over union."""
    return float((found & true).sum() / (found | true).sum())


def subject(picture: Picture, seed: int, size: int) -> Mask:
    """Return where the picture's thing is, with a rim: the pixels that change with its colour, (size, size)."""
    free = [c for c in ("red", "green", "blue", "white") if c not in (picture.other_colour, picture.background)]
    changed = np.zeros((size, size), dtype=np.bool_)
    for material in {picture.material, "solid"}:  # a texture may hide the colour
        plain = dataclasses.replace(picture, style="plain", material=material)
        one, two = (np.asarray(draw(dataclasses.replace(plain, colour=colour), seed, size)) for colour in free[:2])
        changed |= (one != two).any(axis=2)
    rim = 2 * (size // 64) + 1
    grown = torch.nn.functional.max_pool2d(torch.from_numpy(changed)[None].float(), rim, 1, rim // 2)
    return grown[0].numpy() > 0


def to_tensor(images: Sequence[Image.Image]) -> Tensor:
    """Turn images into a tensor, (n, 3, h, w) in [0, 1]."""
    return torch.cat([engine_pictures.from_image(image) for image in images])
