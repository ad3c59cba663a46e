"""`python -m benchmarks.judge …`: train the judge on the picture book, and measure it."""

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import torch
import typer

from benchmarks.judge import judge, reader
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
from training.things.corpus import CorpusError, drawings
from training.things.scenes import Book

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
FAMILIES = 12_000
STYLE_PICTURES = 12_000  # pages for the style reader, which show enough strokes


class Part(StrEnum):
    """One of the judge's models."""

    CLASSIFIER = "classifier"
    STYLE = "style"
    RANKER = "ranker"
    THINGS = "things"


MINUTES = {Part.CLASSIFIER: 17.5, Part.STYLE: 6.0, Part.RANKER: 7.5, Part.THINGS: 45.0}


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
        minutes, checkpoint = pace * MINUTES[part], runs / f"judge-{part}.pt"
        if part is Part.THINGS:
            _train_reader(runs, checkpoint, minutes)
        else:
            training = _training(part, runs)
            run(training, checkpoint, minutes)
            judge.save_model(averaged(training))


def _train_reader(runs: Path, checkpoint: Path, minutes: float) -> None:
    folder = runs / "corpus"
    try:
        found = drawings(folder) + drawings(folder, unseen=True)
    except CorpusError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    training = reader.ReaderTraining(Book(found, runs, reader.SIDE))
    run(training, checkpoint, minutes)
    reader.save(training.averaged())


def _training(part: Part, runs: Path) -> JudgeTraining:
    match part:
        case Part.CLASSIFIER:
            return ClassifierTraining(pages(runs, FAMILIES, SIZE, every_pair=True))
        case Part.STYLE:
            return StyleTraining(pages(runs, FAMILIES, STYLE_SIZE)[:STYLE_PICTURES])
        case Part.RANKER:
            return RankerTraining(pages(runs, FAMILIES, SIZE), vocabulary())
        case Part.THINGS:
            raise AssertionError("the reader of things trains on the corpus, not on pages")
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
