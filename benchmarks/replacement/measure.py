"""Replace, judge, report: what the command does."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.alignment import scores
from benchmarks.alignment.prompts import PromptList
from benchmarks.alignment.scenes import Naming, Replacement, replacements
from benchmarks.judge.judge import Judge
from benchmarks.paint import Painted, Settings, Task, paint_all
from benchmarks.shares import mean_interval, share
from training.picturebook.draw import draw


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """One scene: the input, the found region and the result; ``outside`` is 0 to 255, ``seconds`` engine time."""

    before: Image.Image
    mask: Image.Image
    after: Image.Image
    iou: float
    outside: float
    seconds: float


def judged_by_pixels(scene: Replacement, seed: int, before: Image.Image, painted: Painted) -> Replaced:
    """What the pixels say of a scene, drawn with ``seed`` as ``before``."""
    assert painted.mask is not None
    mask = np.asarray(painted.mask)
    return Replaced(
        before=before, mask=painted.mask, after=painted.image, seconds=painted.seconds,
        iou=scores.overlap(mask >= 128, scores.subject(scene.edit.before, seed, before.width)),
        outside=scores.difference(before, painted.image, mask == 0),
    )  # fmt: skip


def measure(
    judge: Judge, settings: Settings, which: PromptList, count: int, naming: Naming, known_prompt: bool,
    processes: int, console: Console,
) -> tuple[dict[str, Any], Sequence[Replacement], Sequence[Replaced], Sequence[bool]]:  # fmt: skip
    """Replace in ``count`` scenes of a list; print the table and return figures, scenes, results and verdicts.

    ``known_prompt`` says all that the picture shows afterwards, as it is known of a picture that the bot painted.
    """
    scenes = replacements(which, count, naming)
    seeds = [which.seed + i for i in range(count)]
    before = [draw(scene.edit.before, seed, settings.side) for scene, seed in zip(scenes, seeds, strict=True)]
    tasks = [
        Task(
            prompt=scene.edit.prompt if known_prompt else None,
            seed=seed,
            init=init,
            replace=(scene.source, scene.target),
        )
        for scene, seed, init in zip(scenes, seeds, before, strict=True)
    ]
    painted = track(paint_all(tasks, settings, processes), "Replacing", total=count, console=console)
    results = [judged_by_pixels(*one) for one in zip(scenes, seeds, before, painted, strict=True)]
    torch.set_num_threads(1)
    edits = [scene.edit for scene in scenes]
    real = [draw(edit.after, seed, settings.side) for edit, seed in zip(edits, seeds, strict=True)]
    verdicts = {
        kind: scores.judge_edits(judge, edits, scores.to_tensor(images)).done
        for kind, images in (
            ("changed", [result.after for result in results]),
            ("ceiling", real),
            ("before", [result.before for result in results]),
        )
    }
    figures = _figures(verdicts, results)
    console.print(_table(figures))
    return figures, scenes, results, verdicts["changed"]


def _figures(verdicts: Mapping[str, Sequence[bool]], results: Sequence[Replaced]) -> dict[str, Any]:
    """Shares 0 to 1, the difference 0 to 255, seconds a scene."""
    shares = {kind: share(list(done)) for kind, done in verdicts.items()}
    overlaps = [result.iou for result in results]
    return {
        "scenes": len(results),
        **{kind: found.value for kind, found in shares.items()},
        "changed_interval": shares["changed"].interval(),
        "outside_difference": statistics.fmean(result.outside for result in results),
        "iou": statistics.fmean(overlaps),
        "iou_interval": mean_interval(overlaps),
        "seconds": statistics.fmean(result.seconds for result in results),
    }


def _table(figures: Mapping[str, Any]) -> Table:
    table = Table("of " + str(figures["scenes"]) + " scenes", "", "95 % interval")
    low, high = figures["changed_interval"]
    table.add_row("subject changed, by the judge", f"{figures['changed']:.1%}", f"{low:.1%} to {high:.1%}")
    table.add_row("the same, of real pictures (ceiling)", f"{figures['ceiling']:.1%}", "")
    table.add_row("the same, of the inputs", f"{figures['before']:.1%}", "")
    table.add_row("difference outside the mask, 0 to 255", f"{figures['outside_difference']:g}", "")
    low, high = figures["iou_interval"]
    table.add_row("found mask on the true subject, IoU", f"{figures['iou']:.2f}", f"{low:.2f} to {high:.2f}")
    table.add_row("seconds a scene", f"{figures['seconds']:.1f}", "")
    return table
