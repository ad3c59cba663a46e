"""A study's figures: as a table to read, as Markdown, as one object, and as a sheet of pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from PIL import Image
from rich.table import Table

from benchmarks.paint import Painted
from benchmarks.shares import mean_interval
from benchmarks.studies.study import Measured, Study
from engine.sheet import SheetCell, sheet

REAL: Final = "real pictures"
SHARES: Final = frozenset({"attributes", "thing", "style", "caption", "reached", "kept", "changed", "found", "area"})
"""Measures that are parts of 1, shown in per cent."""
NOT_OF_REAL: Final = frozenset({"overlap", "area", "found"})
"""What only a found mask has."""
SHOWN: Final = 6
"""Subjects on a sheet: the first ones, nothing is selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of a cell's mean from the first cell's, over the ``of`` subjects that both have, with its 95 % interval."""

    mean: float
    low: float
    high: float
    of: int

    @property
    def is_clear(self) -> bool:
        """The interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired(numbers: Sequence[float], reference: Sequence[float]) -> Difference | None:
    """Subject by subject; None where no subject has both."""
    differences = [a - b for a, b in zip(numbers, reference, strict=True) if not math.isnan(a - b)]
    if not differences:
        return None
    low, high = mean_interval(differences)
    return Difference(mean=fmean(differences), low=low, high=high, of=len(differences))


def mean(numbers: Sequence[float]) -> float | None:
    """Of those subjects that have a number; None where none has."""
    present = [number for number in numbers if not math.isnan(number)]
    return fmean(present) if present else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a study: by cell, and by "real pictures" for the ceiling, what was measured; and the pictures."""

    study: Study
    measured: Mapping[str, Measured]
    painted: Mapping[str, Sequence[Painted]]

    def measures(self) -> list[str]:
        """Names, in the order of the tables' columns."""
        return list(self.measured[self.study.cells[0].label])

    def cpu_seconds(self, label: str) -> float | None:
        """Of one picture; None for the real ones."""
        return fmean(one.cpu_seconds for one in self.painted[label]) if label in self.painted else None

    def rows(self) -> list[list[str]]:
        """A row for each cell: its label, its means with the differences from the first cell, its cost."""
        first = self.measured[self.study.cells[0].label]
        found = []
        for label, measured in self.measured.items():
            cost = self.cpu_seconds(label)
            cells = [
                "–" if label == REAL and name in NOT_OF_REAL else written(name, measured[name], first[name])
                for name in self.measures()
            ]
            found.append([label, *cells, "" if cost is None else f"{cost:.1f}"])
        return found

    def header(self) -> list[str]:
        """The columns' titles."""
        return ["", *self.measures(), "CPU-s"]

    def table(self) -> Table:
        """For the terminal."""
        table = Table(*self.header(), title=f"{self.study.title} ({len(self.study.subjects.labels())} a cell)")
        for row in self.rows():
            table.add_row(*(text.replace("**", "") for text in row))
        return table

    def markdown(self) -> str:
        """For the documents; a difference whose interval leaves out 0 is bold."""
        lines = [self.header(), ["---"] * len(self.header()), *self.rows()]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def figures(self) -> dict[str, Any]:
        """Shares are 0 to 1, differences of pixels 0 to 255."""
        first = self.measured[self.study.cells[0].label]
        return {
            label: {
                "cpu_seconds": self.cpu_seconds(label),
                **{name: _figures(measured[name], first[name]) for name in self.measures()},
            }
            for label, measured in self.measured.items()
        }

    def sheet(self) -> Image.Image:
        """The first subjects, a row each: the real picture with what was asked for, then every cell."""
        labels, real = self.study.subjects.labels(), self.study.subjects.real(self.study.size)
        cells = []
        for i in range(min(SHOWN, len(labels))):
            cells.append(SheetCell(pictures=(real[i],), label=labels[i]))
            cells += [SheetCell(pictures=(painted[i].image,), label=label) for label, painted in self.painted.items()]
        return sheet(cells, columns=1 + len(self.painted), side=96, lines=5).quantize(256)


def written(name: str, numbers: Sequence[float], reference: Sequence[float]) -> str:
    """The mean, and in brackets the interval of the difference from the first cell; bold where that is clear."""
    average = mean(numbers)
    if average is None:
        return "–"
    scale, digits, unit = (100, 0, " %") if name in SHARES else (1, 2 if abs(average) < 1.5 else 1, "")
    text = f"{average * scale:.{digits}f}{unit}"
    difference = paired(numbers, reference)
    if difference is None or list(numbers) == list(reference):
        return text
    between = f"({difference.low * scale:+.{digits}f} to {difference.high * scale:+.{digits}f})".replace("-", "−")
    return f"{text} **{between}**" if difference.is_clear else f"{text} {between}"


def _figures(numbers: Sequence[float], reference: Sequence[float]) -> dict[str, Any]:
    average, difference = mean(numbers), paired(numbers, reference)
    if average is None:
        return {"mean": None}
    found: dict[str, Any] = {"mean": average}
    if difference is not None:
        found |= {
            "difference": difference.mean,
            "interval": (difference.low, difference.high),
            "pairs": difference.of,
        }
    return found
