"""`python -m training …`: draw the picture book, train the starter models on it, export and evaluate them."""

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import torch
import typer

from training.loop import run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
SMALL_FAMILIES, LARGE_FAMILIES = 12_000, 2_000
Runs = Annotated[Path, typer.Option(help="Where the drawn pages, checkpoints and logs lie.")]
Weights = Annotated[Path, typer.Option(help="The bundle's folder.")]
RUNS, WEIGHTS = Path("training-runs"), Path("weights/starter")


class Vision(StrEnum):
    VIT = "vit"
    RESNET = "resnet"


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    handlers: list[logging.Handler] = [logging.FileHandler(path), logging.StreamHandler()]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)


@app.command()
def vqgan(minutes: float = 30, runs: Runs = RUNS) -> None:
    """Train the VQGAN, or go on where a checkpoint is."""
    from training.pages import pages
    from training.vqgan import VQGANTraining

    _log_to(runs / "vqgan.log")
    training = VQGANTraining(pages(runs, SMALL_FAMILIES, 64), pages(runs, LARGE_FAMILIES, 128))
    run(training, runs / "vqgan.pt", minutes)


@app.command()
def clip(vision: Vision = Vision.VIT, minutes: float = 45, runs: Runs = RUNS) -> None:
    """Train a CLIP, or go on where a checkpoint is."""
    from training.clip import CLIPTraining, vocabulary
    from training.pages import pages

    _log_to(runs / f"{vision}.log")
    run(CLIPTraining(vision, pages(runs, SMALL_FAMILIES, 64), vocabulary()), runs / f"{vision}.pt", minutes)


@app.command()
def start(minutes: float = 4, runs: Runs = RUNS, weights: Weights = WEIGHTS) -> None:
    """Train the start network on the bundle's exported models, and export it beside them."""
    from training.export import export_start
    from training.pages import pages
    from training.start import StartTraining, bundle_without_start

    _log_to(runs / "start.log")
    training = StartTraining(bundle_without_start(weights), pages(runs, LARGE_FAMILIES, 128), runs / "start-data.pt")
    run(training, runs / "start.pt", minutes)
    export_start(runs / "start.pt", weights)


@app.command()
def export(runs: Runs = RUNS, weights: Weights = WEIGHTS) -> None:
    """Write the weights of every checkpoint there is into the bundle's folder."""
    from training.export import export_clip, export_vqgan

    if (runs / "vqgan.pt").exists():
        export_vqgan(runs / "vqgan.pt", weights)
    for vision in Vision:
        if (runs / f"{vision}.pt").exists():
            export_clip(runs / f"{vision}.pt", weights / f"{vision}.safetensors")


@app.command()
def evaluate(weights: Weights = WEIGHTS, count: int = 400) -> None:
    """Measure the bundle's models on pictures that no training saw."""
    from training.evaluate import report

    torch.set_num_threads(1)
    for what, value in report(weights, count):
        typer.echo(f"{what:<60}{value}")


@app.command()
def book(out: Path, size: int = 96, families: int = 40) -> None:
    """Draw a contact sheet of training families, four alike but for one attribute, to look at."""
    from training.pages import family
    from training.picturebook.draw import sheet

    sheet([picture for seed in range(families) for picture in family(seed)], size).save(out)


@app.command()
def paint(out: Path, weights: Weights = WEIGHTS, iterations: int | None = None, seed: int = 1) -> None:
    """Paint a sheet of 16 prompts with the bundle as the engine does by default, to look at."""
    from training.paint import PROMPTS, paint_sheet

    paint_sheet(PROMPTS, weights.parent, iterations, seed).save(out)


if __name__ == "__main__":
    app()
