"""How good the judge is on real pictures that no training saw: the ceiling of every figure that it gives."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from benchmarks.judge.attributes import NO_ANSWER, VALUES, answers
from benchmarks.judge.judge import Judge
from training.pages import EVALUATION_SEED, evaluation_pictures, to_tensor
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw
from training.picturebook.picture import Picture

GROUP = 100
"""Captions to choose from."""


def drawn(pictures: Sequence[Picture], size: int = 64, seed: int = EVALUATION_SEED) -> Tensor:
    """Real pictures, (n, 3, size, size) in [0, 1], the first drawn with `seed`."""
    return to_tensor(np.stack([np.asarray(draw(picture, seed + i, size)) for i, picture in enumerate(pictures)]))


def distinct(pictures: Sequence[Picture]) -> list[Picture]:
    """The pictures, without those that look like an earlier one: a pair said the other way round, a hidden colour."""
    found: dict[tuple[int, ...], Picture] = {}
    for picture in pictures:
        found.setdefault(tuple(answers(picture)), picture)
    return list(found.values())


def top1(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> Tensor:
    """Whether the best of all the full captions is the picture's own, (n,)."""
    found = judge.similarity(images, [full_caption(picture) for picture in pictures]).argmax(1)
    return found == torch.arange(len(pictures))


def right_answers(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> dict[str, list[bool]]:
    """For each attribute, whether the classifier sees it right in each of the pictures that show it."""
    wanted = torch.tensor([answers(picture) for picture in pictures])
    found = judge.attributes(images)
    columns = enumerate(VALUES)
    return {name: (found == wanted)[wanted[:, i] != NO_ANSWER, i].tolist() for i, name in columns}


def report(judge: Judge, groups: int = 10) -> list[tuple[str, str]]:
    """Every measured number, (what, value)."""
    rows, all_pictures, all_images = [], list[Picture](), list[Tensor]()
    for unseen in (False, True):
        pictures = distinct(evaluation_pictures(2 * groups * GROUP, unseen_pairs=unseen))[: groups * GROUP]
        images = drawn(pictures)
        parts = [slice(i, i + GROUP) for i in range(0, len(pictures), GROUP)]
        share = torch.cat([top1(judge, pictures[part], images[part]) for part in parts]).float().mean().item()
        rows.append((f"right caption among {GROUP}, pairs {'held out' if unseen else 'in training'}", f"{share:.1%}"))
        all_pictures, all_images = all_pictures + pictures, [*all_images, images]
    images = torch.cat(all_images)
    for kind, is_plain in (("plain", True), ("styled", False)):
        chosen = [i for i, picture in enumerate(all_pictures) if (picture.style == "plain") == is_plain]
        results = right_answers(judge, [all_pictures[i] for i in chosen], images[chosen])
        rows += [(f"{name}, {kind}", f"{sum(r) / len(r):.1%} of {len(r)}") for name, r in results.items() if r]
    return rows
