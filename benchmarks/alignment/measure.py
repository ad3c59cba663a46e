"""Paint prompts or edits, let the judge read the pictures, and report."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from rich.console import Console
from rich.progress import track

from benchmarks.alignment import report, scores
from benchmarks.alignment.prompts import Change, edits, pictures
from benchmarks.alignment.sheet import sheet
from benchmarks.judge.judge import Judge
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings, PaintTask, TimedPicture, paint_all
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """The judge, the list and the settings of one measurement, and where it reports."""

    judging: Judge
    settings: PaintSettings
    which: PromptList
    processes: int  # pictures painted at once
    sheet_path: Path | None  # where to write the labelled pictures
    console: Console

    def paint(self, tasks: Sequence[PaintTask], what: str) -> list[TimedPicture]:
        """Paint every task and show a progress bar."""
        painted = paint_all(tasks, self.settings, self.processes)
        return list(track(painted, what, total=len(tasks), console=self.console))

    def write_sheet(self, rows: list[list[Image.Image]], labels: list[str], right: Sequence[bool]) -> None:
        """Write the labelled pictures if ``sheet_path`` is given."""
        if self.sheet_path is not None:
            sheet(rows, labels, right).save(self.sheet_path)
            self.console.print(f"Wrote {self.sheet_path}")

    def about(self, painted: Sequence[TimedPicture]) -> dict[str, Any]:
        """Print and return the seconds for each picture and the settings that it was painted with."""
        seconds = sum(picture.seconds for picture in painted) / len(painted)
        threads = self.settings.threads
        self.console.print(
            f"{seconds:.1f} s a picture, {self.processes} painted at once with {threads} thread(s) each; "
            f"{self.which} list, {self.settings.bundle}, {self.settings.start or 'default'} start"
        )
        settings = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in dataclasses.asdict(self.settings).items()
            if value is not None
        }
        told = {"seconds_per_picture": seconds, "processes": self.processes, "list": self.which.value}
        return {**told, "settings": settings}


def measure(exam: Exam, count: int, *, edits: bool) -> dict[str, Any]:
    """Paint ``count`` prompts or edits of the list; print the tables and return the figures.

    Raises :class:`engine.models.weights.WeightsError`, :class:`ValueError` if nothing can be painted with the settings,
    and :class:`OSError` if the sheet cannot be written.
    """
    if exam.sheet_path is not None and not exam.sheet_path.parent.is_dir():
        raise NotADirectoryError(f"There is no folder {exam.sheet_path.parent} to write the sheet to.")
    return measure_edits(exam, count) if edits else measure_prompts(exam, count)


def measure_prompts(exam: Exam, count: int) -> dict[str, Any]:
    """Paint one picture for each prompt from nothing."""
    asked = pictures(exam.which, count)
    prompts = [full_caption(picture) for picture in asked]
    real = [draw(picture, exam.which.seed + i, exam.settings.side) for i, picture in enumerate(asked)]
    tasks = [PaintTask(prompt=prompt, seed=i) for i, prompt in enumerate(prompts, start=1)]
    painted = exam.paint(tasks, "Painting")
    torch.set_num_threads(1)
    found = scores.align(exam.judging, asked, scores.to_tensor([picture.image for picture in painted]))
    ceiling = scores.align(exam.judging, asked, scores.to_tensor(real))
    exam.write_sheet([[picture.image] for picture in painted], prompts, found.found)
    exam.console.print(report.alignment_table(found, ceiling))
    return {**report.alignment_figures(found, ceiling), **exam.about(painted)}


def measure_edits(exam: Exam, count: int) -> dict[str, Any]:
    """Change one attribute of each of ``count`` real pictures."""
    asked, side = edits(exam.which, count), exam.settings.side
    seeds = [exam.which.seed + i for i in range(count)]
    before = [draw(edit.before, seed, side) for edit, seed in zip(asked, seeds, strict=True)]
    after = [draw(edit.after, seed, side) for edit, seed in zip(asked, seeds, strict=True)]
    tasks = [
        PaintTask(prompt=e.prompt, seed=i + 1, init=init) for i, (e, init) in enumerate(zip(asked, before, strict=True))
    ]
    painted = exam.paint(tasks, "Editing")
    still = exam.paint([dataclasses.replace(task, strength=0.0) for task in tasks], "Reconstructing")
    torch.set_num_threads(1)
    found = scores.judge_edits(exam.judging, asked, scores.to_tensor([picture.image for picture in painted]))
    unedited = scores.judge_edits(exam.judging, asked, scores.to_tensor([picture.image for picture in still]))
    ceiling = scores.judge_edits(exam.judging, asked, scores.to_tensor(after))
    sets = {"edited": [p.image for p in painted], "reconstructed": [p.image for p in still], "real": after}
    outside = _outside(asked, seeds, before, sets)
    rows = [[one, two.image] for one, two in zip(before, painted, strict=True)]
    exam.write_sheet(rows, [f"{edit.asked}: {edit.prompt}" for edit in asked], found.done)
    for table in report.edits_tables(found, unedited, ceiling, outside):
        exam.console.print(table)
    return {**report.edits_figures(found, unedited, ceiling, outside), **exam.about(painted)}


def _outside(
    asked: Sequence[Change], seeds: Sequence[int], before: Sequence[Image.Image], sets: dict[str, list[Image.Image]]
) -> dict[str, dict[str, list[float]]]:
    """Return by asked attribute and set how far each picture is from ``before`` outside the subject, 0 to 255."""
    found: dict[str, dict[str, list[float]]] = {}
    for i, (edit, seed) in enumerate(zip(asked, seeds, strict=True)):
        kinds = found.setdefault(edit.asked, {kind: [] for kind in sets})
        for kind, images in sets.items():
            kinds[kind].append(scores.outside_difference(edit, seed, before[i], images[i]))
    return found
