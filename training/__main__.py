"""`python -m training …`: draw the picture book, train the starter models on it, export and evaluate them."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
import typer

from engine.models.weights import WeightsError
from training.presets import PRESETS, PresetName, Vision
from training.stages import Stages, leave_with_parent, train_all

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
Runs = Annotated[Path, typer.Option(help="Where the drawn pages, checkpoints and logs lie.")]
Weights = Annotated[Path, typer.Option(help="The bundle's folder.")]
Until = Annotated[float, typer.Option(help="Stop at this part of the training, 0 to 1; the same command goes on.")]
RUNS, WEIGHTS = Path("training-runs"), Path("weights/starter")
Size = Annotated[PresetName, typer.Option("--preset", help="small: two CPU cores; large: a GPU.")]
SMALL = PresetName.SMALL
LONG_LANE = 2  # threads of stages that run after the other lane has ended


def _log(name: str, runs: Path, threads: int = 1) -> None:
    """Log the stage `name` to a file and the terminal, and set the threads: one, because two stages run at once."""
    runs.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    leave_with_parent()
    handlers: list[logging.Handler] = [logging.FileHandler(runs / f"{name}.log"), logging.StreamHandler()]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)


def _stages(name: str, preset: PresetName, runs: Path, weights: Path, threads: int = 1) -> Stages:
    """Return the stages on the picture book, and begin the log of the stage `name`."""
    _log(name, runs, threads)
    return Stages(PRESETS[preset], runs, weights)


@app.command(name="all")
def everything(preset: Size = SMALL, runs: Runs = RUNS, weights: Weights = WEIGHTS) -> None:
    """Train all models from nothing, two at a time, or go on where an earlier call was stopped."""
    places = ["--preset", preset, "--runs", str(runs), "--weights", str(weights)]
    train_all(_stages("all", preset, runs, weights), lambda command: [*command.split(), *places])


def _add_stage(name: str, about: str, carry_out: Callable[[Stages], object], threads: int = 1) -> None:
    def stage(preset: Size = SMALL, runs: Runs = RUNS, weights: Weights = WEIGHTS) -> None:
        carry_out(_stages(name, preset, runs, weights, threads))

    app.command(name, help=about)(stage)


_add_stage("pages", "Draw the pictures, and find the words of their captions.", Stages.draw)
_add_stage("repaint", "Repaint pictures for the CLIPs with the VQGAN, trained or half trained.", Stages.repaint)
_add_stage("encode", "Encode pictures for the start network with the trained VQGAN.", Stages.encode, LONG_LANE)
_add_stage("export", "Write every checkpoint's weights and the known words into the bundle's folder.", Stages.export)


@app.command()
def corpus(
    runs: Runs = RUNS,
    page: Annotated[Path | None, typer.Option("--sheet", help="Write a sheet of all drawings to this PNG.")] = None,
) -> None:
    """Fetch the drawings of things by npm, under free licences; a second call fetches only what is missing."""
    from training.things import corpus as drawn  # here, because its renderer is an extra that nothing else needs

    folder = runs / "corpus"
    try:
        for vendor, many in drawn.fetch(folder):
            typer.echo(f"{vendor.name}: {many} drawings ({vendor.licence}, {vendor.author})")
        if page is not None:
            drawn.sheet(drawn.drawings(folder)).save(page)
    except drawn.CorpusError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def memory(weights: Weights = WEIGHTS, runs: Runs = RUNS) -> None:
    """Encode the corpus with a bundle's VQGAN, and write the memory of things into the bundle's folder."""
    from engine.bundles import bundles
    from engine.bundles import memory as memories
    from training.things import corpus as drawn
    from training.things import remember

    try:
        bundle = bundles.load(weights.name, weights.parent, torch.device("cpu"))
        made = remember.remembered(drawn.drawings(runs / "corpus"), bundle.generator, bundle.perceptors[0])
    except (drawn.CorpusError, WeightsError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    memories.save(made, weights / memories.FILE)
    typer.echo(f"{weights / memories.FILE}: {len(made.things)} things, {len(made.patches)} drawings")


@app.command()
def things(
    runs: Runs = RUNS,
    weights: Weights = WEIGHTS,
    minutes: Annotated[float, typer.Option(min=0, help="Training time of one core.")] = 65,
) -> None:
    """Train the CLIP that knows the things of the corpus, or go on where a checkpoint is."""
    from training.models.clip import SIZE
    from training.models.export import export_clip
    from training.models.loop import run
    from training.things import corpus as drawn
    from training.things.perceive import ThingsTraining
    from training.things.scenes import Book

    _log("things", runs)
    try:
        book = Book(drawn.drawings(runs / "corpus"), runs, SIZE)
    except drawn.CorpusError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    run(ThingsTraining(book), runs / "things.pt", minutes)
    export_clip(runs / "things.pt", weights / "things.safetensors")


@app.command()
def vqgan(preset: Size = SMALL, runs: Runs = RUNS, weights: Weights = WEIGHTS, until: Until = 1.0) -> None:
    """Train the VQGAN, or go on where a checkpoint is."""
    _stages("vqgan", preset, runs, weights).train_vqgan(until)


@app.command()
def clip(
    vision: Vision, preset: Size = SMALL, runs: Runs = RUNS, weights: Weights = WEIGHTS, until: Until = 1.0
) -> None:
    """Train a CLIP, or go on where a checkpoint is."""
    _stages(vision, preset, runs, weights).train_clip(vision, until)


@app.command()
def start(
    bundle: Annotated[
        str | None, typer.Argument(help="A bundle, which gets a learned start as a new one; else the starter's stage.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Captioned pictures, as for fit; the picture book if left out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The new bundle's folder; BUNDLE-start beside the others.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Training time of one core.")] = None,
    preset: Size = SMALL,
    runs: Runs = RUNS,
    weights: Weights = WEIGHTS,
) -> None:
    """Train the start network of the starter or of any BUNDLE, or go on where it stopped."""
    if bundle is None:
        _stages("start", preset, runs, weights, LONG_LANE).train_start()
        return
    from engine.models.weights import WeightsError
    from training.own_start import OwnStart
    from training.pictures.folder import FitError

    _log("start", runs / f"{bundle}-start", LONG_LANE)
    own = OwnStart(
        name=bundle, weights_dir=weights.parent, out=out or weights.parent / f"{bundle}-start", pictures=pictures,
        runs=runs / f"{bundle}-start", preset=preset, minutes=minutes,
    )  # fmt: skip
    try:
        own.train()
    except (FitError, WeightsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    typer.echo(f"The bundle {own.out.name} is in {own.out}. To paint with it, add its name to [engine] bundles.")


@app.command()
def fit(
    folder: Annotated[Path, typer.Argument(help="Pictures, each with a .txt of its name; or with a captions.csv.")],
    out: Annotated[Path, typer.Option(help="The new bundle's folder, as weights/mine.")],
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Training time of all models together, of one core; two run at once.")
    ] = None,
    preset: Size = SMALL,
    runs: Annotated[Path | None, typer.Option(help="Where checkpoints, logs and curves lie.")] = None,
    stage: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Train the same models on your own captioned pictures, or go on where an earlier call was stopped."""
    from training.fit import Fit
    from training.pictures.folder import FitError

    own = Fit(pictures=folder, weights=out, runs=runs or RUNS / out.name, preset=preset, minutes=minutes)
    try:
        if stage:
            _log(stage.split(" --")[0].removeprefix("clip "), own.runs)
            own.stages.carry_out(stage)
        else:
            own.prepare()
            _log("fit", own.runs)
            train_all(own.stages, own.arguments)
            typer.echo(own.advice())
    except FitError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except subprocess.CalledProcessError:
        typer.echo(f"A stage failed; its log in {own.runs} says why. The same command goes on.", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@app.command()
def evaluate(weights: Weights = WEIGHTS, count: int = 400) -> None:
    """Measure the bundle's models on pictures that no training saw."""
    from training.models.evaluate import report

    torch.set_num_threads(1)
    for what, value in report(weights, count):
        typer.echo(f"{what:<60}{value}")


@app.command()
def book(out: Path, size: int = 96, families: int = 40) -> None:
    """Draw a contact sheet of training families, four alike but for one attribute, to look at."""
    from training.picturebook.draw import sheet
    from training.pictures.pages import family

    sheet([picture for seed in range(families) for picture in family(seed)], size).save(out)


@app.command()
def paint(
    out: Path,
    weights: Weights = WEIGHTS,
    iterations: int | None = None,
    everyday: Annotated[
        bool, typer.Option(help="Paint the 48 prompts as people type them, instead of the book's.")
    ] = False,
) -> None:
    """Paint a sheet of 24 prompts with seeds 1 to 24 as the engine does by default, to look at."""
    from training.paint import EVERYDAY, PROMPTS, paint_sheet

    paint_sheet(EVERYDAY if everyday else PROMPTS, weights.parent, iterations, 8 if everyday else 6).save(out)


if __name__ == "__main__":
    app()
