"""Replace a thing in real pictures by words, and let the judge read the results: `python -m benchmarks.replacement`."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks import options
from benchmarks.alignment import scores
from benchmarks.alignment.scenes import Naming, Replacement, replacements
from benchmarks.alignment.sheet import sheet as labelled
from benchmarks.judge.judge import Judge, load
from benchmarks.paint import PaintSettings, PaintTask, TimedPicture, paint_all
from benchmarks.shares import mean_interval, share
from training.picturebook.draw import draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """One scene, and what its pixels say."""

    before: Image.Image
    mask: Image.Image  # the found region
    after: Image.Image
    iou: float  # of the found region and the true subject
    outside: float  # mean difference outside the mask, 0 to 255
    seconds: float  # of the engine


def compared(scene: Replacement, seed: int, before: Image.Image, painted: TimedPicture) -> Replaced:
    """Compare a scene, drawn with ``seed`` as ``before``, with its result pixel by pixel."""
    assert painted.mask is not None
    mask = np.asarray(painted.mask)
    return Replaced(
        before=before, mask=painted.mask, after=painted.image, seconds=painted.seconds,
        iou=scores.overlap(mask >= 128, scores.subject(scene.edit.before, seed, before.width)),
        outside=scores.difference(before, painted.image, mask == 0),
    )  # fmt: skip


def measure(
    judge: Judge, settings: PaintSettings, which: options.PromptList, count: int, naming: Naming, known_prompt: bool,
    processes: int, console: Console,
) -> tuple[dict[str, Any], Sequence[Replacement], Sequence[Replaced], Sequence[bool]]:  # fmt: skip
    """Replace in ``count`` scenes of a list; print the table and return figures, scenes, results and verdicts.

    With ``known_prompt`` the prompt says all that the picture shows afterwards, as for a picture of the bot's own.
    """
    scenes = replacements(which, count, naming)
    edits, seeds = [scene.edit for scene in scenes], [which.seed + i for i in range(count)]
    before, real = (
        [draw(picture, seed, settings.side) for picture, seed in zip(drawn, seeds, strict=True)]
        for drawn in ([edit.before for edit in edits], [edit.after for edit in edits])
    )
    tasks = [
        PaintTask(
            prompt=scene.edit.prompt if known_prompt else None, seed=seed, init=init,
            replace=(scene.source, scene.target),
        )
        for scene, seed, init in zip(scenes, seeds, before, strict=True)
    ]  # fmt: skip
    painted = track(paint_all(tasks, settings, processes), "Replacing", total=count, console=console)
    results = [compared(*one) for one in zip(scenes, seeds, before, painted, strict=True)]
    torch.set_num_threads(1)
    sets = {"changed": [result.after for result in results], "ceiling": real, "before": before}
    verdicts = {kind: scores.judge_edits(judge, edits, scores.to_tensor(images)).done for kind, images in sets.items()}
    figures = _figures(verdicts, results)
    console.print(_table(figures))
    return figures, scenes, results, verdicts["changed"]


def _figures(verdicts: Mapping[str, Sequence[bool]], results: Sequence[Replaced]) -> dict[str, Any]:
    """Return shares from 0 to 1, the difference from 0 to 255, and seconds a scene."""
    shares = {kind: share(done) for kind, done in verdicts.items()}
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
    table = Table(f"of {figures['scenes']} scenes", "", "95 % interval")
    changed, overlap = "{:.1%} to {:.1%}", "{:.2f} to {:.2f}"
    for row in (
        ("the judge sees the new thing", f"{figures['changed']:.1%}", changed.format(*figures["changed_interval"])),
        ("the same, of real pictures (ceiling)", f"{figures['ceiling']:.1%}"),
        ("the same, of the inputs", f"{figures['before']:.1%}"),
        ("difference outside the mask, 0 to 255", f"{figures['outside_difference']:g}"),
        ("found mask on the true subject, IoU", f"{figures['iou']:.2f}", overlap.format(*figures["iou_interval"])),
        ("seconds a scene", f"{figures['seconds']:.1f}"),
    ):
        table.add_row(*row)
    return table


def main(
    scenes: Annotated[int, typer.Option(min=2, help="How many scenes.")] = 30,
    which: options.Which = options.PromptList.TEST,
    naming: Annotated[Naming, typer.Option(help="Name the thing as “a red car” or as “car”.")] = Naming.COLOURED,
    known_prompt: Annotated[
        bool, typer.Option("--known-prompt", help="The prompt says all that the picture shows afterwards.")
    ] = False,
    as_json: options.AsJson = False,
    sheet: Annotated[Path | None, typer.Option(help="Write before, found mask and after there (PNG).")] = None,
    weights: options.Weights = options.WEIGHTS,
    bundle: options.Bundle = options.STARTER,
    size: options.Side = None,
    iterations: options.Iterations = None,
    strength: options.Strength = None,
    threshold: Annotated[
        float | None, typer.Option(help="Deviations below the mean distance; the paper's is 2.")
    ] = None,
    structure: Annotated[float | None, typer.Option(min=0, help="Weight of the distance to the input.")] = None,
    feather: Annotated[int | None, typer.Option(min=0, help="Width of the seam, in pixels.")] = None,
    processes: options.Processes = 1,
    threads: Annotated[int, typer.Option(min=1, help="Threads of each process.")] = 1,
) -> None:
    """Measure how often the named thing becomes another, where the mask lies and what moves outside. One try each."""
    settings = PaintSettings(
        bundle=bundle, weights_dir=weights, size=size, iterations=iterations, strength=strength, threads=threads,
        more=options.given(region_threshold=threshold, structure=structure, feather=feather),
    )  # fmt: skip
    with options.command(as_json) as console:
        figures, asked, results, right = measure(
            load(), settings, which, scenes, naming, known_prompt, processes, console
        )
        if sheet is not None:
            rows = [[result.before, result.mask.convert("RGB"), result.after] for result in results]
            labelled(rows, [f"{scene.source} to {scene.target}" for scene in asked], right).save(sheet)
    told = {"list": which.value, "naming": naming.value, "known_prompt": known_prompt}
    options.write_json(as_json, {**figures, **told})


if __name__ == "__main__":
    typer.run(main)
