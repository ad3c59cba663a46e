"""Replace, judge, report: what the command does."""

import dataclasses
import statistics
import time
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
from benchmarks.judge.judge import Judge
from benchmarks.replacement.scenes import Naming, Replacement, replacements
from benchmarks.shares import mean_interval, share
from engine.api import generate
from engine.bundles import Bundle
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to replace with; None is the bundle's default. ``known_prompt``: the parent's prompt is known."""

    size: int
    iterations: int | None = None
    known_prompt: bool = False
    threads: int = 1
    spec: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def replace(scene: Replacement, seed: int, bundle: Bundle, settings: Settings) -> Replaced:
    """Replace in one scene, drawn with ``seed``."""
    before = draw(scene.edit.before, seed, settings.size)
    started = time.monotonic()
    *_, last = generate(
        scene.edit.prompt if settings.known_prompt else None,
        init_image=before,
        replace=(scene.source, scene.target),
        bundle=bundle,
        size=(settings.size, settings.size),
        iterations=settings.iterations,
        seed=seed,
        threads=settings.threads,
        **settings.spec,
    )
    after, mask = last.image, last.mask
    assert mask is not None
    seconds = time.monotonic() - started
    return Replaced(
        before=before, mask=mask, after=after, seconds=seconds,
        iou=_overlap(np.asarray(mask) >= 128, scores.subject(scene.edit.before, seed, settings.size)),
        outside=_difference(before, after, np.asarray(mask) == 0),
    )  # fmt: skip


def _overlap(found: scores.Mask, true: scores.Mask) -> float:
    """Intersection over union."""
    return float((found & true).sum() / (found | true).sum())


def _difference(one: Image.Image, two: Image.Image, where: scores.Mask) -> float:
    """Mean absolute difference there, 0 to 255; 0 if there is no such place."""
    if not where.any():
        return 0.0
    return float(np.abs(np.asarray(one, dtype=np.int16) - np.asarray(two, dtype=np.int16))[where].mean())


def measure(
    judge: Judge, bundle: Bundle, settings: Settings, which: PromptList, count: int, naming: Naming, console: Console
) -> tuple[dict[str, Any], Sequence[Replacement], Sequence[Replaced], Sequence[bool]]:
    """Replace in ``count`` scenes of a list; print the table and return figures, scenes, results and verdicts."""
    scenes = replacements(which, count, naming)
    seeds = [which.seed + i for i in range(count)]
    results = [
        replace(scene, seed, bundle, settings)
        for scene, seed in track(list(zip(scenes, seeds, strict=True)), "Replacing", console=console)
    ]
    torch.set_num_threads(1)
    edits = [scene.edit for scene in scenes]
    real = [draw(edit.after, seed, settings.size) for edit, seed in zip(edits, seeds, strict=True)]
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
