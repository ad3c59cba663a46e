"""Paint the pictures that are missing, let the judge read all, and report."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from benchmarks.judge.judge import Judge, load
from benchmarks.paint import PaintSettings, TimedPicture
from benchmarks.studies.cache import Job, Store, courses, paint_missing
from benchmarks.studies.catalogue import STUDIES
from benchmarks.studies.report import REAL, Result
from benchmarks.studies.study import Study
from engine.bundles import bundles
from engine.device import devices

# CPU seconds on a server core of 2.8 GHz
PER_ITERATION = 0.06
PER_CUTOUT = 0.016
PER_MEGAPIXEL = 7.5  # of the VQGAN
PER_SEARCH = 3.0  # to find a region


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Say where a measurement keeps its pictures and writes its results."""

    store_folder: Path
    workers: int  # pictures painted at once
    sheets: Path | None  # a folder for one sheet of each study
    markdown: Path | None  # a file for the tables
    console: Console


def measure(
    bench: Bench,
    names: Sequence[str],
    count: int,
    base: PaintSettings,
    *,
    only_estimate: bool,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Repeat the named studies, or "all", with ``count`` pictures a variant. Without ``judge`` the shipped one reads.

    Raises :class:`engine.models.weights.WeightsError`, :class:`benchmarks.judge.judge.JudgeError`, :class:`ValueError`
    for an unknown study or impossible settings, and :class:`OSError` if a folder cannot be written to.
    """
    studies = [STUDIES[name](count, base_of(name, base)) for name in chosen(names)]
    weights_hash = bundles.load(base.bundle, base.weights_dir, devices.choose("auto")).weights_hash
    store = Store(folder=bench.store_folder, weights_hash=weights_hash)
    jobs = [job for study in studies for job in jobs_of(study)]
    bench.console.print(promise(jobs, store, bench.workers), soft_wrap=True)
    if only_estimate:
        return {}
    judge = judge or load()
    for folder in (bench.sheets, bench.markdown.parent if bench.markdown else None):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    paint_missing(jobs, store, bench.workers, bench.console)
    torch.set_num_threads(1)
    results = [judged(study, store, judge) for study in studies]
    for result in results:
        report(result, bench)
    if bench.markdown is not None:
        parts = [f"## {result.study.title}\n\n{result.markdown()}" for result in results]
        bench.markdown.write_text("\n".join(parts), encoding="utf-8")
    return {
        "weights": weights_hash,
        "prompts": count,
        "size": base.size,
        "iterations": base.iterations,
        "studies": {result.study.name: result.figures() for result in results},
    }


def chosen(names: Sequence[str]) -> list[str]:
    """Return the names without repeats. Raises :class:`ValueError` for an unknown one."""
    if list(names) == ["all"]:
        return list(STUDIES)
    if unknown := [name for name in names if name not in STUDIES]:
        raise ValueError(f"There is no study {', '.join(unknown)}. There is: {', '.join(STUDIES)}.")
    return list(dict.fromkeys(names))


def base_of(name: str, base: PaintSettings) -> PaintSettings:
    """Return the settings to begin with: studies of the bundle's own settings keep its number of cutouts."""
    return dataclasses.replace(base, cutouts=None) if name in ("defaults", "sooner", "sooner-random") else base


def jobs_of(study: Study) -> Iterable[Job]:
    """Return every picture of every variant."""
    return ((variant.settings, task) for variant in study.variants for task in variant.tasks)


def promise(jobs: Sequence[Job], store: Store, workers: int) -> str:
    """Say how much there is to paint and how long it takes about, on idle cores."""
    missing = store.missing(jobs)
    longest = [course[-1] for course in courses(missing)]
    seconds = sum(cpu_seconds(job) for job in longest)
    return (
        f"{len(jobs)} pictures, {len(missing)} of them to paint in {len(longest)} runs: about {seconds:.0f} CPU-s, "
        f"{seconds / 60 / workers:.0f} minutes with {workers} at once, each on a core of its own."
    )


def cpu_seconds(job: Job) -> float:
    """Estimate the CPU seconds of a picture."""
    settings, task = job
    entry = settings.entry()
    strength = settings.strength if task.strength is None else task.strength
    if task.init is not None and strength == 0:
        return 1.0
    default = entry.iterations if task.init is None else entry.iterations_edit
    cost = PER_ITERATION + PER_CUTOUT * entry.cutouts.count + PER_MEGAPIXEL * settings.side**2 / 1e6
    searched = PER_SEARCH if task.replace and task.mask is None else 0.0
    return searched + (settings.iterations or default) * cost


def judged(study: Study, store: Store, judge: Judge) -> Result:
    """Let the judge read every variant, and real pictures beside them."""
    painted = {
        variant.label: [store.load((variant.settings, task)) for task in variant.tasks] for variant in study.variants
    }
    real = [TimedPicture(image=image, seconds=0.0, cpu_seconds=0.0) for image in study.subjects.real(study.size)]
    measured = {label: study.subjects.measure(judge, made) for label, made in painted.items()}
    return Result(study=study, measured={**measured, REAL: study.subjects.measure(judge, real)}, painted=painted)


def report(result: Result, bench: Bench) -> None:
    """Print the table and write the sheet."""
    bench.console.print(result.table())
    if bench.sheets is not None:
        path = bench.sheets / f"{result.study.name}.png"
        result.sheet().save(path, optimize=True)
        bench.console.print(f"Wrote {path}")
