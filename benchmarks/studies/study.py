"""What a study is: the same things asked for in several cells, each with other settings."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

from benchmarks.judge.judge import Judge
from benchmarks.paint import Painted, Settings, Task

FAST = 0.25
"""A learning rate, in codebook deviations, at which a start without a layout gets somewhere in few iterations."""
Measured = Mapping[str, Sequence[float]]
"""By measure, one number for each picture of a cell; not a number where it does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One way to paint: a task for each of the study's subjects, in their order."""

    label: str
    settings: Settings
    tasks: tuple[Task, ...]


class Subjects(Protocol):
    """What all cells of a study are asked for, and how the judge reads what they made of it."""

    def labels(self) -> list[str]:
        """What is asked for, in words."""

    def real(self, size: int) -> list[Image.Image]:
        """Real drawings of it: the ceiling."""

    def measure(self, judge: Judge, painted: Sequence[Painted]) -> Measured:
        """What the judge says of one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Cells of the same subjects; each is compared with the first. ``claim`` is the paper's, and where it stands."""

    name: str
    title: str
    claim: str
    subjects: Subjects
    cells: tuple[Cell, ...]

    @property
    def size(self) -> int:
        """Pixels along each side of the first cell's pictures."""
        return self.cells[0].settings.side


def prompted(prompts: Sequence[str]) -> tuple[Task, ...]:
    """A task for each prompt; the seed is its number."""
    return tuple(Task(prompt=prompt, seed=i) for i, prompt in enumerate(prompts, start=1))


def with_more(settings: Settings, **more: Any) -> Settings:
    """The settings with further ones of a Spec."""
    return dataclasses.replace(settings, more=tuple(sorted({**dict(settings.more), **more}.items())))
