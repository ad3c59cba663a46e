"""``resume``, ``continue``, ``branch``, ``paint-over``: what becomes of a saved run (001 appendix C)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.paint import Kept, paint_one
from bot.cli.pictures import AsJson, Every, FilmFile, Out
from bot.cli.saved_runs import Course, going_on, opened
from bot.cli.terminal import ConfigPath, explained
from bot.words.prompts import Wish, parse

RunFile = Annotated[Path, typer.Argument(metavar="FILE", help="A run that --checkpoint saved.")]
More = Annotated[int | None, typer.Option("--iterations", help="How many more; those that are left if left out.")]
SameFile = Annotated[Path | None, typer.Option("--checkpoint", help="Where to save the run; FILE itself if left out.")]
OtherFile = Annotated[Path | None, typer.Option("--checkpoint", help="A file to save the new run in.")]


def resume(
    file: RunFile,
    out: Out = None,
    film: FilmFile = None,
    checkpoint: SameFile = None,
    every: Every = 0,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Go on with a run to its end, as if it had never been interrupted."""
    kept = Kept(out=out, film=film, checkpoint=checkpoint or file, every=every)
    _go_on(file, Course(), kept, as_json, config)


def go_on(
    file: RunFile,
    iterations: Annotated[int, typer.Option(help="How many more.")],
    out: Out = None,
    film: FilmFile = None,
    checkpoint: SameFile = None,
    every: Every = 0,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Go on with a run for more iterations than it was to have."""
    kept = Kept(out=out, film=film, checkpoint=checkpoint or file, every=every)
    _go_on(file, Course(more=iterations), kept, as_json, config)


def branch(
    file: RunFile,
    prompt: Annotated[str, typer.Option(help="The words from here on, and other settings, as “a cat --seed 3”.")],
    iterations: More = None,
    out: Out = None,
    film: FilmFile = None,
    checkpoint: OtherFile = None,
    every: Every = 0,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Go on from a run by other words; the run in FILE stays as it is."""
    kept = Kept(out=out, film=film, checkpoint=checkpoint, every=every)
    _go_on(file, Course(more=iterations, wish=_wish(prompt)), kept, as_json, config)


def paint_over(
    file: RunFile,
    picture: Annotated[Path, typer.Option(help="The run's picture with something painted over it.")],
    prompt: Annotated[str | None, typer.Option(help="Other words from here on.")] = None,
    iterations: More = None,
    out: Out = None,
    film: FilmFile = None,
    checkpoint: OtherFile = None,
    every: Every = 0,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Go on from a run's picture as you have painted over it; the run in FILE stays as it is."""
    wish = None if prompt is None else _wish(prompt)
    kept = Kept(out=out, film=film, checkpoint=checkpoint, every=every)
    _go_on(file, Course(more=iterations, wish=wish, painted=picture), kept, as_json, config)


def _wish(prompt: str) -> Wish:
    with explained():
        return parse(prompt, plain=False)


def _go_on(file: Path, course: Course, kept: Kept, as_json: bool, config: Path | None) -> None:
    paint_one(lambda loaded: going_on(opened(file), course, loaded), kept, as_json=as_json, config=config)


def register(app: typer.Typer) -> None:
    """The commands."""
    for name, command in (("resume", resume), ("continue", go_on), ("branch", branch), ("paint-over", paint_over)):
        app.command(name)(command)
