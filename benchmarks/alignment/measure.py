"""Paint, judge, report: what the command does."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from rich.console import Console
from rich.progress import track

from benchmarks.alignment import report, scores
from benchmarks.alignment.prompts import Edit, PromptList, edits, pictures
from benchmarks.alignment.sheet import sheet
from benchmarks.judge.judge import Judge
from benchmarks.paint import Painted, Settings, Task, paint_all
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What to paint with, and where to say what came of it."""

    judging: Judge
    settings: Settings
    which: PromptList
    processes: int
    sheet_path: Path | None
    console: Console

    def paint(self, tasks: Sequence[Task], what: str) -> list[Painted]:
        """Paint every task and show how far it is."""
        painted = paint_all(tasks, self.settings, self.processes)
        return list(track(painted, what, total=len(tasks), console=self.console))

    def write_sheet(self, rows: list[list[Image.Image]], labels: list[str], right: Sequence[bool]) -> None:
        """Write the labelled pictures if that was asked for."""
        if self.sheet_path is not None:
            sheet(rows, labels, right).save(self.sheet_path)
            self.console.print(f"Wrote {self.sheet_path}")

    def about(self, painted: Sequence[Painted]) -> dict[str, Any]:
        """Seconds for each picture while ``processes`` were painted at once, and with which settings."""
        seconds = sum(picture.seconds for picture in painted) / len(painted)
        threads = self.settings.threads
        self.console.print(
            f"{seconds:.1f} s a picture, {self.processes} painted at once with {threads} thread(s) each; "
            f"{self.which} list, {self.settings.bundle}, {self.settings.start or 'default'} start"
        )
        settings = {name: str(value) if isinstance(value, Path) else value for name, value in self._set().items()}
        return {
            "seconds_per_picture": seconds,
            "processes": self.processes,
            "list": self.which.value,
            "settings": settings,
        }

    def _set(self) -> dict[str, Any]:
        return {name: value for name, value in dataclasses.asdict(self.settings).items() if value is not None}


def measure(
    judging: Judge, settings: Settings, which: PromptList, count: int, *, edits: bool, processes: int,
    sheet_path: Path | None, console: Console,
) -> dict[str, Any]:  # fmt: skip
    """Paint ``count`` prompts or edits of a list; print the tables and return the figures.

    Raises :class:`engine.models.weights.WeightsError`, :class:`ValueError` for settings that cannot be painted with,
    :class:`OSError` for a sheet that cannot be written.
    """
    bench = Bench(
        judging=judging, settings=settings, which=which, processes=processes, sheet_path=sheet_path, console=console
    )
    if sheet_path is not None and not sheet_path.parent.is_dir():
        raise NotADirectoryError(f"There is no folder {sheet_path.parent} to write the sheet to.")
    return measure_edits(bench, count) if edits else measure_prompts(bench, count)


def measure_prompts(bench: Bench, count: int) -> dict[str, Any]:
    """One picture for each prompt, painted from nothing."""
    asked = pictures(bench.which, count)
    prompts = [full_caption(picture) for picture in asked]
    real = [draw(picture, bench.which.seed + i, bench.settings.side) for i, picture in enumerate(asked)]
    tasks = [Task(prompt=prompt, seed=i) for i, prompt in enumerate(prompts, start=1)]
    painted = bench.paint(tasks, "Painting")
    torch.set_num_threads(1)
    found = scores.align(bench.judging, asked, scores.to_tensor([picture.image for picture in painted]))
    ceiling = scores.align(bench.judging, asked, scores.to_tensor(real))
    bench.write_sheet([[picture.image] for picture in painted], prompts, found.found)
    bench.console.print(report.alignment_table(found, ceiling))
    return {**report.alignment_figures(found, ceiling), **bench.about(painted)}


def measure_edits(bench: Bench, count: int) -> dict[str, Any]:
    """One attribute of each of ``count`` real pictures changed."""
    asked, side = edits(bench.which, count), bench.settings.side
    seeds = [bench.which.seed + i for i in range(count)]
    before = [draw(edit.before, seed, side) for edit, seed in zip(asked, seeds, strict=True)]
    after = [draw(edit.after, seed, side) for edit, seed in zip(asked, seeds, strict=True)]
    tasks = [
        Task(prompt=e.prompt, seed=i + 1, init=init) for i, (e, init) in enumerate(zip(asked, before, strict=True))
    ]
    painted = bench.paint(tasks, "Editing")
    still = bench.paint([dataclasses.replace(task, strength=0.0) for task in tasks], "Reconstructing")
    torch.set_num_threads(1)
    found = scores.judge_edits(bench.judging, asked, scores.to_tensor([picture.image for picture in painted]))
    unedited = scores.judge_edits(bench.judging, asked, scores.to_tensor([picture.image for picture in still]))
    ceiling = scores.judge_edits(bench.judging, asked, scores.to_tensor(after))
    sets = {"edited": [p.image for p in painted], "reconstructed": [p.image for p in still], "real": after}
    outside = _outside(asked, seeds, before, sets)
    rows = [[one, two.image] for one, two in zip(before, painted, strict=True)]
    bench.write_sheet(rows, [f"{edit.asked}: {edit.prompt}" for edit in asked], found.done)
    for table in report.edits_tables(found, unedited, ceiling, outside):
        bench.console.print(table)
    return {**report.edits_figures(found, unedited, ceiling, outside), **bench.about(painted)}


def _outside(
    asked: Sequence[Edit], seeds: Sequence[int], before: Sequence[Image.Image], sets: dict[str, list[Image.Image]]
) -> dict[str, dict[str, list[float]]]:
    """By asked attribute and set, how far each picture is from ``before`` outside the subject, 0 to 255."""
    found: dict[str, dict[str, list[float]]] = {}
    for i, (edit, seed) in enumerate(zip(asked, seeds, strict=True)):
        kinds = found.setdefault(edit.asked, {kind: [] for kind in sets})
        for kind, images in sets.items():
            kinds[kind].append(scores.outside_difference(edit, seed, before[i], images[i]))
    return found
