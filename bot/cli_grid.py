"""One prompt in several styles or by several seeds: single pictures, and one labelled sheet."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import typer
from PIL import Image

from bot import terminal
from bot.cli_paint import run, slug
from bot.config import Config
from bot.errors import BadSetting
from bot.files import write_atomically
from bot.painting import Extras, Painting
from bot.prompts import Wish, check_seed
from bot.specs import new_seed
from bot.styles import BUILT_IN, Style
from bot.works import Task, new
from engine.sheet import Cell, sheet

MOST = 64  # pictures of one grid
SHEET = "sheet.png"
_SIDE = 192  # pixels of a picture on the sheet, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One picture of the grid: its wish, and what it is called."""

    wish: Wish
    label: str

    @property
    def name(self) -> str:
        return f"{slug(self.label)}.png"


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
        path = folder / squares[len(written)].name
        write_atomically(path, painting.png)
        written.append(path)
        return {"path": path}

    paintings = [painting for painting, _ in run(works, config, Extras(), write)]
    columns = len(parse_seeds(seeds)) if seeds and styles else min(len(squares), 8)
    write_atomically(folder / SHEET, _sheet(paintings, squares, columns))
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
    chosen: list[Style | None] = [_style(name) for name in (styles or "").split(",") if name.strip()]
    numbers = parse_seeds(seeds) if seeds else [new_seed() if wish.seed is None else wish.seed]
    squares = [
        Square(
            wish=replace(wish, seed=seed, prompt=style.apply(wish.prompt) if style else wish.prompt),
            label=", ".join([*([style.name] if style else []), *([f"seed {seed}"] if seeds else [])]),
        )
        for style in chosen or [None]
        for seed in numbers
    ]
    if len(squares) > MOST:
        raise BadSetting(f"Those are {len(squares)} pictures; a grid has at most {MOST}.")
    return squares


def _style(name: str) -> Style:
    """A built-in style by its name; anything else is a style's words."""
    name = name.strip()
    words = next((style.words for style in BUILT_IN if style.name == name), name)
    return Style(id=-1, owner_id=0, name=name, words=words)


def parse_seeds(text: str) -> list[int]:
    """Seeds from ``1-8`` or ``1,5,9``. Raises :class:`BadSetting`."""
    found: list[int] = []
    for part in text.split(","):
        if not (matched := re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", part)):
            raise BadSetting(f"“{text[:40]}” are no seeds. Write 1-8, or 1,5,9.")
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last - first >= MOST:
            raise BadSetting(f"Those are {last - first + 1} seeds; a grid has at most {MOST}.")
        found += [check_seed(seed) for seed in range(first, last + 1)]
    if len(set(found)) < len(found) or not found:
        raise BadSetting(f"“{text[:40]}” has a seed twice, or a range that ends before it begins.")
    return found


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise BadSetting(f"The folder {folder} cannot be made: {error.strerror}.") from None


def _sheet(paintings: list[Painting], squares: list[Square], columns: int) -> bytes:
    pictures = [Image.open(io.BytesIO(painting.png)) for painting in paintings]
    side = max(_SIDE, *(max(picture.size) for picture in pictures))
    cells = [Cell(pictures=(picture,), label=square.label) for picture, square in zip(pictures, squares, strict=False)]
    out = io.BytesIO()
    sheet(cells, min(columns, len(cells)), side=side, lines=2).save(out, "PNG")
    return out.getvalue()
