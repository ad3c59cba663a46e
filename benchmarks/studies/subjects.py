"""Let the judge read what a study's prompts, edits or replacements became."""

import dataclasses
import math
from collections.abc import Sequence
from statistics import fmean

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.alignment import scores
from benchmarks.alignment.prompts import Change
from benchmarks.alignment.scenes import Replacement
from benchmarks.judge.attributes import NO_ANSWER, VALUES
from benchmarks.judge.evaluate import marks
from benchmarks.judge.judge import Judge
from benchmarks.options import PromptList
from benchmarks.paint import TimedPicture
from benchmarks.studies.study import Scores
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw
from training.picturebook.picture import Picture

NAN = math.nan


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """Pictures to paint from nothing."""

    pictures: Sequence[Picture]
    which: PromptList

    def labels(self) -> list[str]:
        return [full_caption(picture) for picture in self.pictures]

    def real(self, size: int) -> list[Image.Image]:
        return [draw(picture, self.which.seed + i, size) for i, picture in enumerate(self.pictures)]

    def measure(self, judge: Judge, painted: Sequence[TimedPicture]) -> Scores:
        """Return the share of right attributes, and whether and how well each picture's own caption fits it."""
        images = scores.to_tensor([one.image for one in painted])
        right = marks(judge, self.pictures, images).numpy()
        fits = judge.similarity(images, self.labels()).numpy()
        return {
            "attributes": [float((row[row != NO_ANSWER] == 1).mean()) for row in right],
            **{name: _column(right, name) for name in ("thing", "style")},
            "caption": [float(row.argmax() == i) for i, row in enumerate(fits)],
            "similarity": np.diag(fits).tolist(),
        }


def _column(right: npt.NDArray[np.int64], name: str) -> list[float]:
    column = right[:, list(VALUES).index(name)]
    return [NAN if mark == NO_ANSWER else float(mark) for mark in column]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """Real pictures in which one attribute changes."""

    edits: Sequence[Change]
    which: PromptList

    def labels(self) -> list[str]:
        return [f"{edit.asked}: {edit.prompt}" for edit in self.edits]

    def real(self, size: int) -> list[Image.Image]:
        return [draw(edit.after, self.which.seed + i, size) for i, edit in enumerate(self.edits)]

    def before(self, size: int) -> list[Image.Image]:
        """Return the inputs."""
        return [draw(edit.before, self.which.seed + i, size) for i, edit in enumerate(self.edits)]

    def measure(self, judge: Judge, painted: Sequence[TimedPicture]) -> Scores:
        """Return what each edit reached and kept by the judge, and how far its edges and pixels moved."""
        images = [one.image for one in painted]
        before = self.before(images[0].width)
        read = scores.read_edits(judge, self.edits, scores.to_tensor(images))
        pairs = list(zip(before, images, strict=True))
        return {
            "reached": [float(one.done) for one in read],
            "kept": [fmean(one.kept.values()) if one.kept else NAN for one in read],
            "structure": [edges_alike(*pair) for pair in pairs],
            "moved outside": [
                scores.outside_difference(edit, self.which.seed + i, *pair)
                for i, (edit, pair) in enumerate(zip(self.edits, pairs, strict=True))
            ],
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scenes(Edits):
    """Real pictures in which one thing replaces another."""

    scenes: Sequence[Replacement]  # of the edits

    def labels(self) -> list[str]:
        return [scene.asked for scene in self.scenes]

    def subject(self, i: int, size: int) -> scores.Mask:
        """Return where the thing of scene ``i`` is."""
        return scores.subject(self.edits[i].before, self.which.seed + i, size)

    def measure(self, judge: Judge, painted: Sequence[TimedPicture]) -> Scores:
        """Return whether the thing changed by the judge, where the mask lay, and what moved inside and outside it."""
        size = painted[0].image.width
        images = [one.image for one in painted]
        read = scores.read_edits(judge, self.edits, scores.to_tensor(images))
        where = [self.subject(i, size) for i in range(len(self.scenes))]
        masks = [None if one.mask is None else np.asarray(one.mask) for one in painted]
        triples = list(zip(self.before(size), images, where, strict=True))
        return {
            "changed": [float(one.done) for one in read],
            "kept": [fmean(one.kept.values()) if one.kept else NAN for one in read],
            "overlap": [
                NAN if mask is None else scores.overlap(mask >= 128, true)
                for mask, true in zip(masks, where, strict=True)
            ],
            "area": [NAN if mask is None else float((mask >= 128).mean()) for mask in masks],
            "found": [NAN if mask is None else float(mask.any()) for mask in masks],
            "moved inside": [scores.difference(one, two, true) for one, two, true in triples],
            "moved outside": [scores.difference(one, two, ~true) for one, two, true in triples],
        }


def edges_alike(one: Image.Image, two: Image.Image) -> float:
    """Return the correlation of the two pictures' gray gradients: 1 for equal structure, about 0 for unrelated."""
    steep = [np.hypot(*np.gradient(np.asarray(image.convert("L"), dtype=np.float64))).ravel() for image in (one, two)]
    if min(edges.std() for edges in steep) == 0:
        return 0.0
    return float(np.corrcoef(*steep)[0, 1])
