"""Show a study's figures as a table, as Markdown, as one object and as a sheet of pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from PIL import Image
from rich.table import Table

from benchmarks.paint import TimedPicture
from benchmarks.shares import mean_interval
from benchmarks.studies.study import Scores, Study
from engine.sheet import SheetCell, sheet

REAL: Final = "real pictures"
# measures from 0 to 1, shown in per cent
SHARES: Final = frozenset({"attributes", "thing", "style", "caption", "reached", "kept", "changed", "found", "area"})
NOT_OF_REAL: Final = frozenset({"overlap", "area", "found"})  # measures of a found mask
SHOWN: Final = 6  # subjects on a sheet: the first ones, so nothing is selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Say how far a variant's mean is from the first variant's, with its 95 % interval."""

    mean: float
    low: float
    high: float
    of: int  # subjects that have a number in both

    @property
    def is_clear(self) -> bool:
        """Return whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


def paired(numbers: Sequence[float], reference: Sequence[float]) -> Difference | None:
    """Return the difference subject by subject, or None if no subject has both numbers."""
    differences = [a - b for a, b in zip(numbers, reference, strict=True) if not math.isnan(a - b)]
    if not differences:
        return None
    low, high = mean_interval(differences)
    return Difference(mean=fmean(differences), low=low, high=high, of=len(differences))


def mean(numbers: Sequence[float]) -> float | None:
    """Return the mean of all numbers but NaN, or None if there are none."""
    present = [number for number in numbers if not math.isnan(number)]
    return fmean(present) if present else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The measures and pictures of every variant; the measures of real pictures are the ceiling."""

    study: Study
    measured: Mapping[str, Scores]
    painted: Mapping[str, Sequence[TimedPicture]]

    def measures(self) -> list[str]:
        """Return the measures' names, in the order of the columns."""
        return list(self.measured[self.study.variants[0].label])

    def cpu_seconds(self, label: str) -> float | None:
        """Return the CPU seconds of one picture; None for real ones."""
        return fmean(one.cpu_seconds for one in self.painted[label]) if label in self.painted else None

    def rows(self) -> list[list[str]]:
        """Return for each variant its label, its means with the differences from the first variant, and its cost."""
        first = self.measured[self.study.variants[0].label]
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
        """Return the columns' titles."""
        return ["", *self.measures(), "CPU-s"]

    def table(self) -> Table:
        """Return the table for the terminal."""
        table = Table(*self.header(), title=f"{self.study.title} ({len(self.study.subjects.labels())} a variant)")
        for row in self.rows():
            table.add_row(*(text.replace("**", "") for text in row))
        return table

    def markdown(self) -> str:
        """Return the table in Markdown, with clear differences in bold."""
        lines = [self.header(), ["---"] * len(self.header()), *self.rows()]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def figures(self) -> dict[str, Any]:
        """Return the figures: shares from 0 to 1, differences of pixels from 0 to 255."""
        first = self.measured[self.study.variants[0].label]
        return {
            label: {
                "cpu_seconds": self.cpu_seconds(label),
                **{name: _figures(measured[name], first[name]) for name in self.measures()},
            }
            for label, measured in self.measured.items()
        }

    def sheet(self) -> Image.Image:
        """Return a sheet with a row for each of the first subjects: the real picture, then every variant."""
        labels, real = self.study.subjects.labels(), self.study.subjects.real(self.study.size)
        cells = []
        for i in range(min(SHOWN, len(labels))):
            cells.append(SheetCell(pictures=(real[i],), label=labels[i]))
            cells += [SheetCell(pictures=(painted[i].image,), label=label) for label, painted in self.painted.items()]
        return sheet(cells, columns=1 + len(self.painted), side=96, lines=5).quantize(256)


def written(name: str, numbers: Sequence[float], reference: Sequence[float]) -> str:
    """Return the mean, and in brackets the interval of its difference from ``reference``, bold if it is clear."""
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
