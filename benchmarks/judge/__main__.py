"""`python -m benchmarks.judge …`: train the judge on the picture book, and measure it."""

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import torch
import typer

from benchmarks.judge import judge
from benchmarks.judge.evaluate import report
from benchmarks.judge.models import SIZE, STYLE_SIZE
from benchmarks.judge.train import (
    ClassifierTraining,
    JudgeTraining,
    RankerTraining,
    StyleTraining,
    averaged,
    vocabulary,
)  # fmt: skip
from benchmarks.options import command
from training.models.loop import run
from training.pictures.pages import pages

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
FAMILIES = 12_000
STYLE_PICTURES = 12_000  # pages for the style reader, which show enough strokes


class Part(StrEnum):
    """One of the judge's models."""

    CLASSIFIER = "classifier"
    STYLE = "style"
    RANKER = "ranker"


MINUTES = {Part.CLASSIFIER: 17.5, Part.STYLE: 6.0, Part.RANKER: 7.5}


@app.command()
def train(
    only: Annotated[Part | None, typer.Option(help="Train this model alone; the other files stay.")] = None,
    pace: Annotated[float, typer.Option(min=0, help="Times as long as the shipped models were trained.")] = 1,
    runs: Annotated[Path, typer.Option(help="Where the drawn pages, checkpoints and logs lie.")] = Path(
        "training-runs"
    ),
) -> None:
    """Train the models one after the other, or go on where a checkpoint is, and write them beside this code."""
    runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    handlers: list[logging.Handler] = [logging.FileHandler(runs / "judge.log"), logging.StreamHandler()]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    for part in [only] if only else Part:
        training = _training(part, runs)
        run(training, runs / f"judge-{part}.pt", pace * MINUTES[part])
        judge.save_model(averaged(training))


def _training(part: Part, runs: Path) -> JudgeTraining:
    match part:
        case Part.CLASSIFIER:
            return ClassifierTraining(pages(runs, FAMILIES, SIZE, every_pair=True))
        case Part.STYLE:
            return StyleTraining(pages(runs, FAMILIES, STYLE_SIZE)[:STYLE_PICTURES])
        case Part.RANKER:
            return RankerTraining(pages(runs, FAMILIES, SIZE), vocabulary())
        case _:
            assert_never(part)


@app.command()
def evaluate(
    groups: Annotated[int, typer.Option(min=1, help="Hundreds of pictures, of trained and of held-out pairs.")] = 20,
) -> None:
    """Measure the judge on real pictures that no training saw: the ceiling of every figure that it gives."""
    torch.set_num_threads(1)
    with command(as_json=False) as console:
        for table in report(judge.load(), groups).tables():
            console.print(table)


if __name__ == "__main__":
    app()
