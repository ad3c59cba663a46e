"""Engine and yardstick in turn, each in a fresh process, several times; what counts is the ratio within each turn."""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.speed import models
from benchmarks.speed.one import ENGINE, PLAIN, Case, Timing
from engine.bundles import bundles
from engine.device import devices
from engine.messages import Precision

MALLOC: Final = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "17179869184"}
"""With these the C library keeps the memory that one iteration frees for the next."""
TUNED: Final = "plain, malloc set"
ENVIRONMENTS: Final[Mapping[str, Mapping[str, str]]] = {TUNED: MALLOC, ENGINE: devices.ENVIRONMENT}
"""What each side's process begins with, beside what this one has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to compare: every size with every count of cutouts, and the first of both with more ``jobs`` than one."""

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
        """Size, cutouts and the numbers of jobs."""
        for size in self.sizes:
            for cutouts in self.cutouts:
                company = self.jobs if (size, cutouts) == (self.sizes[0], self.cutouts[0]) else ()
                yield size, cutouts, sorted({1, *company})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Medians over the turns. ``seconds`` are those of one iteration of all ``jobs``.

    ``ratio`` is how many times the yardstick's pictures per minute these are; ``least`` and ``most`` of any one turn.
    """

    size: int
    cutouts: int
    jobs: int
    who: str
    ratio: float
    least: float
    most: float
    median: Timing


def compare(options: Plan, told: Callable[[str], None]) -> list[Row]:
    """Measure every case.

    Raises :class:`engine.models.weights.WeightsError` for no such bundle, and :class:`RuntimeError` with what a process
    said that failed.
    """
    if options.models != models.PUBLISHED:
        bundles.find(options.models, options.weights_dir)
    precision = settled(options.precision, options.models, options.weights_dir, options.threads)
    options = dataclasses.replace(options, precision=precision)
    rows: list[Row] = []
    for size, cutouts, company in options.cases():
        turns: dict[tuple[str, int], list[Timing]] = {}
        for turn in range(options.pairs):
            for who, jobs in [(PLAIN, 1), (TUNED, 1), *((ENGINE, jobs) for jobs in company)]:
                told(f"{size} px, {cutouts} cutouts, {who}, {jobs} job(s), {turn + 1} of {options.pairs}")
                turns.setdefault((who, jobs), []).append(_measure(options, who, size, cutouts, jobs))
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
    """The median of each figure."""

    def middle(values: Iterable[float]) -> float:
        return statistics.median(values)

    return dataclasses.replace(
        measured[0],
        seconds=middle(one.seconds for one in measured),
        cpu_seconds=middle(one.cpu_seconds for one in measured),
        idle=middle(one.idle for one in measured),
        peak_mb=middle(one.peak_mb for one in measured),
        phases={name: middle(one.phases.get(name, 0.0) for one in measured) for name in measured[0].phases},
    )


def _measure(options: Plan, who: str, size: int, cutouts: int, jobs: int) -> Timing:
    asked = Case(
        side=ENGINE if who == ENGINE else PLAIN,
        models=options.models,
        weights_dir=str(options.weights_dir),
        size=size,
        cutouts=cutouts,
        jobs=jobs,
        iterations=options.iterations,
        threads=options.threads,
        precision=options.precision if who == ENGINE else Precision.FP32,
    )
    said = child("benchmarks.speed.one", dataclasses.asdict(asked), ENVIRONMENTS.get(who, {}))
    return Timing(**json.loads(said))


def settled(precision: str, of: str, weights_dir: Path, threads: int) -> str:
    """``precision``, or for "auto" what an engine would choose for the models ``of`` that name."""
    if precision != "auto":
        return precision
    asked = {"models": of, "weights_dir": str(weights_dir), "threads": threads}
    return child("benchmarks.speed.precision", asked, ENVIRONMENTS[ENGINE])


def child(module: str, asked: object, environment: Mapping[str, str]) -> str:
    """The last line that a fresh process says. Raises :class:`RuntimeError` with its last words where it fails."""
    command = [sys.executable, "-m", module, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1])
    return done.stdout.strip().splitlines()[-1]
