"""`python -m benchmarks.alignment`: paint a list of prompts or edits, and let the judge read the pictures."""

import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import options
from benchmarks.alignment.measure import Exam, measure
from benchmarks.judge.judge import load
from benchmarks.paint import PaintSettings
from engine.messages import Precision


def main(
    prompts: Annotated[int, typer.Option(min=2, help="How many pictures, or edits with --edits.")] = 100,
    which: options.Which = options.PromptList.TEST,
    edits: Annotated[bool, typer.Option("--edits", help="Change one attribute of real pictures instead.")] = False,
    as_json: options.AsJson = False,
    sheet: Annotated[Path | None, typer.Option(help="Write the labelled pictures there (PNG).")] = None,
    weights: options.Weights = options.WEIGHTS,
    bundle: options.Bundle = options.STARTER,
    plain_start: Annotated[bool, typer.Option("--plain-start", help="Start without the learned start.")] = False,
    size: options.Side = None,
    iterations: options.Iterations = None,
    learning_rate: Annotated[float | None, typer.Option(min=0)] = None,
    cutouts: Annotated[int | None, typer.Option(min=1)] = None,
    regulariser: Annotated[float | None, typer.Option(min=0, help="Weight of the regulariser.")] = None,
    candidates: Annotated[int | None, typer.Option(min=1, help="Starts, of which the best is taken.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="fp32, or bf16 as engines may choose.")] = None,
    strength: options.Strength = None,
    processes: options.Processes = 1,
    threads: Annotated[int, typer.Option(min=0, help="Threads of each process; 0 shares out the cores.")] = 0,
) -> None:
    """Measure how well the bot paints what it is asked for. No picture is selected: one try each, seed = number."""
    settings = PaintSettings(
        bundle=bundle, weights_dir=weights, size=size, iterations=iterations, learning_rate=learning_rate,
        cutouts=cutouts, regulariser=regulariser, strength=strength, start="mean" if plain_start else None,
        threads=threads or max(1, (os.cpu_count() or 1) // processes),
        more=options.given(candidates=candidates, precision=precision),
    )  # fmt: skip
    with options.command(as_json) as console:
        exam = Exam(
            judging=load(), settings=settings, which=which, processes=processes, sheet_path=sheet, console=console
        )
        figures = measure(exam, prompts, edits=edits)
    options.write_json(as_json, figures)


if __name__ == "__main__":
    typer.run(main)
