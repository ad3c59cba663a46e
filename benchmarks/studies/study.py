"""Define a study: several variants paint the same subjects, each with other settings."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from benchmarks.judge.judge import Judge
from benchmarks.paint import PaintSettings, PaintTask, TimedPicture

FAST = 0.25  # a learning rate, in codebook deviations, that paints in few iterations without a learned start
Scores = Mapping[str, Sequence[float]]
"""One number for each picture of a variant, by measure; NaN if the measure does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to paint: settings, and a task for each of the study's subjects, in their order."""

    label: str
    settings: PaintSettings
    tasks: tuple[PaintTask, ...]


class Subjects(Protocol):
    """Hold what all variants of a study paint, and how the judge reads the results."""

    def labels(self) -> list[str]:
        """Return what is asked for, in words."""

    def real(self, size: int) -> list[Image.Image]:
        """Return real drawings of it: the ceiling."""

    def measure(self, judge: Judge, painted: Sequence[TimedPicture]) -> Scores:
        """Return what the judge reads in one variant's pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Variants of the same subjects; each is compared with the first."""

    name: str
    title: str
    claim: str  # what the paper says, and where
    subjects: Subjects
    variants: tuple[Variant, ...]

    @property
    def size(self) -> int:
        """Return the side of the first variant's pictures, in pixels."""
        return self.variants[0].settings.side


def prompted(prompts: Sequence[str]) -> tuple[PaintTask, ...]:
    """Return a task for each prompt; the seed is its number."""
    return tuple(PaintTask(prompt=prompt, seed=i) for i, prompt in enumerate(prompts, start=1))


def with_more(settings: PaintSettings, **more: Any) -> PaintSettings:
    """Return the settings with ``more`` settings of a Spec."""
    return dataclasses.replace(settings, more=tuple(sorted({**dict(settings.more), **more}.items())))
