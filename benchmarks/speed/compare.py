"""Time engine and yardstick in turn, each in a fresh process, several times, and compare them within each turn."""

import dataclasses
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.speed import models
from benchmarks.speed.one import ENGINE, PLAIN, Case, Timing
from engine.bundles import bundles
from engine.device import devices
from engine.messages import Precision

# the C library then keeps the memory that one iteration frees for the next
MALLOC: Final = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184"}
TUNED: Final = "plain, malloc set"
ENVIRONMENTS: Final[Mapping[str, Mapping[str, str]]] = {TUNED: MALLOC, ENGINE: devices.ENVIRONMENT}
"""Variables that each side's process has beside those of this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Hold what to compare: every size with every count of cutouts; the first of both also with several ``jobs``."""

    models: str
    weights_dir: Path
    sizes: Sequence[int]
    cutouts: Sequence[int]
    jobs: Sequence[int]
    iterations: int
    pairs: int
    threads: int
    precision: str

    def cases(self) -> Iterator[tuple[int, int, Sequence[int]]]:
        """Yield each size and count of cutouts with its numbers of jobs."""
        for size in self.sizes:
            for cutouts in self.cutouts:
                company = self.jobs if (size, cutouts) == (self.sizes[0], self.cutouts[0]) else ()
                yield size, cutouts, sorted({1, *company})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Hold what one case came to, over all turns."""

    size: int
    cutouts: int
    jobs: int
    who: str
    ratio: float  # pictures per minute by the yardstick's, the median
    least: float  # the ratio's least and most of single turns
    most: float
    median: Timing


def compare(plan: Comparison, told: Callable[[str], None]) -> list[Row]:
    """Measure every case.

    Raises :class:`engine.models.weights.WeightsError` for an unknown bundle, and :class:`RuntimeError` with the last
    words of a process that failed.
    """
    if plan.models != models.PUBLISHED:
        bundles.find(plan.models, plan.weights_dir)
    precision = settled(plan.precision, plan.models, plan.weights_dir, plan.threads)
    plan = dataclasses.replace(plan, precision=precision)
    rows: list[Row] = []
    for size, cutouts, company in plan.cases():
        turns: dict[tuple[str, int], list[Timing]] = {}
        for turn in range(plan.pairs):
            for who, jobs in [(PLAIN, 1), (TUNED, 1), *((ENGINE, jobs) for jobs in company)]:
                told(f"{size} px, {cutouts} cutouts, {who}, {jobs} job(s), {turn + 1} of {plan.pairs}")
                turns.setdefault((who, jobs), []).append(_measure(plan, who, size, cutouts, jobs))
        plain = turns[PLAIN, 1]
        rows += [_row(size, cutouts, jobs, who, mine, plain) for (who, jobs), mine in turns.items()]
    return rows


def _row(size: int, cutouts: int, jobs: int, who: str, mine: Sequence[Timing], plain: Sequence[Timing]) -> Row:
    ratios = [jobs * theirs.seconds / ours.seconds for ours, theirs in zip(mine, plain, strict=True)]
    return Row(
        size=size,
        cutouts=cutouts,
        jobs=jobs,
        who=who,
        ratio=statistics.median(ratios),
        least=min(ratios),
        most=max(ratios),
        median=_median(mine),
    )


def _median(measured: Sequence[Timing]) -> Timing:
    """Return the median of each figure."""
    names = ("seconds", "cpu_seconds", "idle", "peak_mb")
    middle: dict[str, Any] = {name: statistics.median(getattr(one, name) for one in measured) for name in names}
    middle["phases"] = {
        name: statistics.median(one.phases.get(name, 0.0) for one in measured) for name in measured[0].phases
    }
    return dataclasses.replace(measured[0], **middle)


def _measure(plan: Comparison, who: str, size: int, cutouts: int, jobs: int) -> Timing:
    asked = Case(
        side=ENGINE if who == ENGINE else PLAIN,
        models=plan.models,
        weights_dir=str(plan.weights_dir),
        size=size,
        cutouts=cutouts,
        jobs=jobs,
        iterations=plan.iterations,
        threads=plan.threads,
        precision=plan.precision if who == ENGINE else Precision.FP32,
    )
    said = child("benchmarks.speed.one", dataclasses.asdict(asked), ENVIRONMENTS.get(who, {}))
    return Timing(**json.loads(said))


def settled(precision: str, of: str, weights_dir: Path, threads: int) -> str:
    """Return ``precision``, or for "auto" what an engine would choose for the models ``of`` that name."""
    if precision != "auto":
        return precision
    asked = {"models": of, "weights_dir": str(weights_dir), "threads": threads}
    return child("benchmarks.speed.one", asked, ENVIRONMENTS[ENGINE])


def child(module: str, asked: object, environment: Mapping[str, str]) -> str:
    """Return the last line that a fresh process writes. Raises :class:`RuntimeError` if it fails."""
    command = [sys.executable, "-m", module, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1])
    return done.stdout.strip().splitlines()[-1]
