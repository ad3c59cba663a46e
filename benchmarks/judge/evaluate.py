"""Measure how often the judge is right on real pictures that no training saw, the ceiling of all its figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from rich.table import Table
from torch import Tensor

from benchmarks.judge.attributes import NO_ANSWER, VALUES, answers
from benchmarks.judge.augment import SLIGHT, augment
from benchmarks.judge.judge import Judge
from benchmarks.shares import Share, share
from training.picturebook.captions import full_caption
from training.picturebook.picture import Picture
from training.pictures.pages import EVALUATION_SEED, evaluation_pictures, images_of

GROUP = 100  # captions to choose from


def distinct(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the pictures without those that look like an earlier one, as a pair named the other way round."""
    found: dict[tuple[int, ...], Picture] = {}
    for picture in pictures:
        found.setdefault(tuple(answers(picture)), picture)
    return list(found.values())


def top1(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> Tensor:
    """Return whether each picture's own caption is the best of all full captions, (n,)."""
    found = judge.similarity(images, [full_caption(picture) for picture in pictures]).argmax(1)
    return found == torch.arange(len(pictures))


def marks(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> Tensor:
    """Return 1 for a right answer, 0 for a wrong one, NO_ANSWER for an attribute not shown, (n, attributes)."""
    wanted = torch.tensor([answers(picture) for picture in pictures])
    right = (judge.attributes(images) == wanted).long()
    return right.where(wanted != NO_ANSWER, NO_ANSWER)


def right_answers(judge: Judge, pictures: Sequence[Picture], images: Tensor) -> dict[str, list[bool]]:
    """Return for each attribute whether the classifier reads it right in each picture that shows it."""
    columns = zip(VALUES, marks(judge, pictures, images).T, strict=True)
    return {name: (column[column != NO_ANSWER] == 1).tolist() for name, column in columns}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Hold what the judge made of n pictures that were shown in one way."""

    found: Tensor  # (n,), whether each found its caption
    marks: Tensor  # (n, attributes)

    def top1(self, chosen: Tensor) -> Share:
        """Return the share that found their captions, of the ``chosen`` pictures, a mask (n,)."""
        return share(self.found[chosen].tolist())

    def attribute(self, name: str, chosen: Tensor) -> Share:
        """Return the share of right answers, of the ``chosen`` pictures that show the attribute."""
        column = self.marks[chosen, list(VALUES).index(name)]
        return share((column[column != NO_ANSWER] == 1).tolist())


WAYS: Final[dict[str, Callable[[Sequence[Picture], int], Tensor]]] = {
    "128 px": lambda pictures, seed: images_of(pictures, 128, seed),
    "64 px": lambda pictures, seed: images_of(pictures, 64, seed),
    "softened": lambda pictures, seed: softened(images_of(pictures, 128, seed), seed),
}
"""How the pictures are shown: drawn at two sizes, and softened as a painted one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The measured shares as tables to print."""

    unseen: Tensor  # (n,)
    styled: Tensor  # (n,)
    readings: Mapping[str, Reading]

    def tables(self) -> list[Table]:
        """Return tables of the ranking and of the attributes of plain and of styled pictures."""
        every, plain = torch.ones_like(self.unseen), ~self.styled
        ranking = self._table(f"right caption among {GROUP}", [("", lambda reading, which: reading.top1(which))], every)
        questions = [(name.replace("_", " "), _question(name)) for name in VALUES]
        return [
            ranking,
            self._table("attributes of plain pictures", questions, plain),
            self._table("attributes of styled pictures", questions, self.styled),
        ]

    def _table(
        self, title: str, questions: Sequence[tuple[str, Callable[[Reading, Tensor], Share]]], which: Tensor
    ) -> Table:
        table = Table(
            "", "of", "right", "95 % interval", "pairs trained", "held out", "at 64 px", "softened", title=title
        )
        large = self.readings["128 px"]
        for name, ask in questions:
            found = ask(large, which)
            others = [ask(large, which & ~self.unseen), ask(large, which & self.unseen)]
            others += [ask(self.readings[way], which) for way in ("64 px", "softened")]
            table.add_row(name, str(found.of), _percent(found), found.between(), *map(_percent, others))
        return table


def softened(images: Tensor, seed: int = 0) -> Tensor:
    """Make the pictures as soft, blotched and noisy as paintings may be."""
    return augment(images, torch.Generator().manual_seed(seed), SLIGHT)


def _percent(found: Share) -> str:
    return f"{found.value:.1%}" if found.of else "none"


def _question(name: str) -> Callable[[Reading, Tensor], Share]:
    return lambda reading, which: reading.attribute(name, which)


def report(judge: Judge, groups: int) -> Evaluation:
    """Ask ``judge`` about ``groups`` hundred pictures with trained pairs and as many with held-out pairs."""
    pictures = [
        picture
        for unseen in (False, True)
        for picture in distinct(evaluation_pictures(2 * groups * GROUP, unseen_pairs=unseen))[: groups * GROUP]
    ]
    return Evaluation(
        unseen=torch.arange(len(pictures)) >= len(pictures) // 2,
        styled=torch.tensor([picture.style != "plain" for picture in pictures]),
        readings={way: _read(judge, pictures, show) for way, show in WAYS.items()},
    )


def _read(judge: Judge, pictures: Sequence[Picture], show: Callable[[Sequence[Picture], int], Tensor]) -> Reading:
    found, marked = [], []
    for i in range(0, len(pictures), GROUP):
        group = pictures[i : i + GROUP]
        images = show(group, EVALUATION_SEED + i)
        found.append(top1(judge, group, images))
        marked.append(marks(judge, group, images))
    return Reading(found=torch.cat(found), marks=torch.cat(marked))
