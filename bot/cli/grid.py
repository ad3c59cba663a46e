"""One prompt in several styles or by several seeds: single pictures, and one labelled sheet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import typer

from bot.cli import terminal
from bot.cli.engine_run import Extras, Painting
from bot.cli.paint import run, slug
from bot.cli.works import Task, new
from bot.config import Config
from bot.errors import BadSetting
from bot.jobs.files import write_atomically
from bot.members.styles import BUILT_IN, Style
from bot.words import grids
from bot.words.grids import Square
from bot.words.prompts import Wish
from bot.words.specs import new_seed

SHEET = "sheet.png"


def paint_grid(
    wish: Wish, styles: str | None, seeds: str | None, out: Path | None, config: Config, *, as_json: bool
) -> None:
    """Paint and write them; tells of the files. Raises :class:`bot.errors.UserError`."""
    squares = plan(wish, styles, seeds)
    folder = out or Path(f"{slug(wish.prompt) or 'grid'}-grid")
    works = [new(Task(wish=square.wish), config) for square in squares]
    _make(folder)
    written: list[Path] = []

    def write(painting: Painting) -> dict[str, Path]:
        path = folder / f"{slug(squares[len(written)].label)}.png"
        write_atomically(path, painting.png)
        written.append(path)
        return {"path": path}

    paintings = [painting for painting, _ in run(works, config, Extras(), write)]
    columns = len(grids.parse_seeds(seeds)) if seeds and styles else min(len(squares), 8)
    labels = [square.label for square in squares[: len(paintings)]]  # fewer when it was interrupted
    write_atomically(folder / SHEET, grids.compose([painting.png for painting in paintings], labels, columns))
    if as_json:
        pictures = [{"path": str(path), "recipe": one.recipe} for path, one in zip(written, paintings, strict=True)]
        typer.echo(json.dumps({"sheet": str(folder / SHEET), "pictures": pictures}))
    else:
        typer.echo("\n".join(str(path) for path in [folder / SHEET, *written]))
    if paintings[-1].finished.stopped:
        raise typer.Exit(terminal.INTERRUPTED)


def plan(wish: Wish, styles: str | None, seeds: str | None) -> list[Square]:
    """The pictures, style by style, each by every seed; without ``seeds`` all by one. Raises :class:`BadSetting`."""
    if not styles and not seeds:
        raise BadSetting("Say what is to differ: --styles watercolor,oil or --seeds 1-8, or both.")
    chosen = [_style(name) for name in grids.names(styles)]
    variants = [Square(wish=replace(wish, prompt=style.apply(wish.prompt)), label=style.name) for style in chosen]
    numbers = grids.parse_seeds(seeds) if seeds else [new_seed() if wish.seed is None else wish.seed]
    return grids.by_seeds(variants or [Square(wish=wish)], numbers, named=bool(seeds))


def _style(name: str) -> Style:
    """A built-in style by its name; anything else is a style's words."""
    words = next((style.words for style in BUILT_IN if style.name == name), name)
    return Style(id=-1, owner_id=0, name=name, words=words)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise BadSetting(f"The folder {folder} cannot be made: {error.strerror}.") from None
