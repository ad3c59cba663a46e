"""Paint one prompt in several styles or by several seeds, as single pictures and one labelled sheet."""

import json
from pathlib import Path

import typer

from bot.cli import files, terminal
from bot.cli.commissions import asking, commission
from bot.cli.engine_run import Extras, Painting
from bot.cli.files import slug
from bot.cli.output import run, stopped
from bot.config import Config
from bot.domain.job import Kind
from bot.errors import BadSetting
from bot.words import grids
from bot.words.prompts import Wish
from engine.messages.styles import BUILT_IN

SHEET = "sheet.png"
_IN_A_ROW = 8  # pictures, unless the seeds make the rows


def paint_grid(
    wish: Wish, styles: str | None, seeds: str | None, out: Path | None, config: Config, reads: Path, *, as_json: bool
) -> None:
    """Paint the grid, write its files and print their names. It never writes the file that it ``reads``.

    Raises :class:`bot.errors.UserError`.
    """
    squares, in_a_row = grids.squares(wish, styles, seeds, BUILT_IN)
    folder = out or Path(f"{slug(wish.prompt) or 'grid'}-grid")
    commissions = [commission(asking(Kind.IMAGINE, square.wish), config) for square in squares]
    paths = [folder / f"{slug(square.label) or 'picture'}.png" for square in squares]
    files.check_apart([reads], [folder / SHEET, *paths])
    _make(folder)
    written: list[Path] = []

    def write(painting: Painting) -> dict[str, Path]:
        path = paths[len(written)]
        files.write(path, painting.png)
        written.append(path)
        return {"path": path}

    paintings = [painting for painting, _ in run(commissions, config, Extras(), write)]
    columns = in_a_row or min(len(squares), _IN_A_ROW)
    labels = [square.label for square in squares[: len(paintings)]]  # fewer when it was interrupted
    files.write(folder / SHEET, grids.compose([painting.png for painting in paintings], labels, columns))
    if as_json:
        pictures = [{"path": str(path), "recipe": one.recipe} for path, one in zip(written, paintings, strict=True)]
        typer.echo(json.dumps({"sheet": str(folder / SHEET), "pictures": pictures}))
    else:
        typer.echo("\n".join(str(path) for path in [folder / SHEET, *written]))
    if paintings[-1].finished.stopped:
        where = f"in picture {len(paintings)} of {len(squares)}, kept in {folder}."
        terminal.complain(f"{stopped(paintings[-1])} {where}")
        raise typer.Exit(terminal.INTERRUPTED)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise BadSetting(f"The folder {folder} cannot be made: {error.strerror}.") from None
