"""`python -m benchmarks.judge …`: train the judge on the picture book, and measure it."""

import logging
from pathlib import Path
from typing import Annotated

import torch
import typer

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
FAMILIES = 12_000
CLASSIFIER_SHARE = 0.7
"""The classifier's part of the training time; the ranker has the rest."""


@app.command()
def train(
    minutes: Annotated[float, typer.Option(help="For both models together.")] = 25,
    runs: Annotated[Path, typer.Option(help="Where the drawn pages, checkpoints and logs lie.")] = Path(
        "training-runs"
    ),
) -> None:
    """Train both models one after the other, or go on where a checkpoint is, and write them beside this code."""
    from benchmarks.judge import judge
    from benchmarks.judge.train import ClassifierTraining, RankerTraining, trained, vocabulary
    from training.loop import run
    from training.pages import pages

    runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    handlers: list[logging.Handler] = [logging.FileHandler(runs / "judge.log"), logging.StreamHandler()]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    drawn = pages(runs, FAMILIES, 64)
    classifier, ranker = ClassifierTraining(drawn), RankerTraining(drawn, vocabulary())
    run(classifier, runs / "judge-classifier.pt", CLASSIFIER_SHARE * minutes)
    run(ranker, runs / "judge-ranker.pt", (1 - CLASSIFIER_SHARE) * minutes)
    judge.save(trained(classifier, ranker))


@app.command()
def evaluate() -> None:
    """Measure the judge on real pictures that no training saw."""
    from benchmarks.judge import judge
    from benchmarks.judge.evaluate import report

    torch.set_num_threads(1)
    for what, value in report(judge.load()):
        typer.echo(f"{what:<50}{value}")


if __name__ == "__main__":
    app()
