"""Show what was measured as tables and as one object."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from benchmarks.speed.compare import Row
from benchmarks.speed.one import ENGINE
from benchmarks.speed.phases import PHASES
from benchmarks.speed.race import Standing


def speed_table(rows: Sequence[Row]) -> Table:
    """Return a line for each case: the cost of an iteration, the pace by the yardstick's, and the memory."""
    table = Table(
        "px", "cutouts", "who", "jobs", "s / iteration", "CPU s", "× plain", "of single turns", "peak MB", "of the rate"
    )
    for row in rows:
        one = row.median
        table.add_row(
            str(row.size), str(row.cutouts), _who(row), str(row.jobs), f"{one.seconds:.3f}", f"{one.cpu_seconds:.3f}",
            f"{row.ratio:.2f}", f"{row.least:.2f} to {row.most:.2f}", f"{one.peak_mb:,.0f}",
            f"{one.flops / one.seconds / one.rate:.0%}",
        )  # fmt: skip
    return table


def _who(row: Row) -> str:
    return f"{row.who}, {row.median.precision}" if row.who == ENGINE else row.who


def phase_table(rows: Sequence[Row]) -> Table:
    """Return where the seconds of an iteration go."""
    table = Table("px", "cutouts", "who", "jobs", *PHASES, "idle")
    for row in rows:
        spent = [f"{row.median.phases.get(phase, 0):.3f}" for phase in PHASES]
        table.add_row(str(row.size), str(row.cutouts), _who(row), str(row.jobs), *spent, f"{row.median.idle:.0%}")
    return table


def company_table(rows: Sequence[Row], iterations: int) -> Table:
    """Return the pictures of ``iterations`` a minute for each number of jobs at once."""
    table = Table("px", "cutouts", "who", "jobs", f"pictures of {iterations} iterations / min", "× plain")
    for row in rows:
        rate = 60 * row.jobs / (iterations * row.median.seconds)
        table.add_row(str(row.size), str(row.cutouts), row.who, str(row.jobs), f"{rate:.3f}", f"{row.ratio:.2f}")
    return table


def race_table(standing: Standing) -> Table:
    """Return the seconds to a picture, its loss and what the judge reads in it."""
    table = Table("picture", "seconds (median)", "loss (mean)", "by its cutouts", "judge: top-1", "judge: attributes")
    for name, seconds in standing.seconds.items():
        table.add_row(
            name, f"{seconds:.1f}", f"{standing.loss[name]:.3f}", f"{standing.cutout_loss[name]:.3f}",
            f"{standing.top1[name]:.0%}", f"{standing.attributes[name]:.0%}",
        )  # fmt: skip
    return table


def race_sentence(standing: Standing) -> str:
    """Say the ratio in words, or that there is none."""
    came = f"The engine came to the plain loop's final loss for {standing.reached} of {standing.prompts} prompts"
    soon = ": too few for a ratio" if standing.ratio is None else f", {standing.ratio:.1f} times as soon (median)"
    return f"{came}{soon}; told by the plain loop's own cutouts, for {standing.reached_by_cutouts}."


def figures(rows: Sequence[Row], standing: Standing | None) -> dict[str, Any]:
    """Return the engine's rows. ``time_to_loss_ratio`` is None if it was not measured or not reached."""
    named = [
        {
            "size": row.size,
            "cutouts": row.cutouts,
            "jobs": row.jobs,
            "ratio": row.ratio,
            "seconds_per_iteration": row.median.seconds,
            "peak_mb": row.median.peak_mb,
        }
        for row in rows
        if row.who == ENGINE
    ]
    return {
        "rows": named,
        "time_to_loss_ratio": None if standing is None else standing.ratio,
        "machine": machine(rows),
    }


def machine(rows: Sequence[Row]) -> str:
    """Name the processor or device, its threads and torch's version."""
    device = next((row.median.device for row in rows if row.median.device != "cpu"), None)
    threads = rows[0].median.threads if rows else os.cpu_count()
    return f"{device or _processor()}, {threads} threads of {os.cpu_count()} cores, torch {torch.__version__}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
