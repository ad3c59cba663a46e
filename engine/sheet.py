"""Put many pictures on one labelled sheet. This needs only Pillow, so the bot may use it too."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

GAP = 8
_LINE, _SIZE = 16, 13
_CHARACTER = 7  # pixels, on average at that size


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCell:
    """One place on a sheet."""

    pictures: tuple[Image.Image, ...]  # side by side
    label: str = ""
    bar: tuple[int, int, int] | None = None  # the colour of a bar under them


def sheet(cells: Sequence[SheetCell], columns: int, side: int = 192, lines: int = 4) -> Image.Image:
    """Return the cells row by row, ``columns`` to a row, each picture fitted into ``side`` × ``side`` pixels.

    A label has at most ``lines`` lines and then ends in “…”. If no cell has a label, there is no space for one.
    """
    across = max(len(cell.pictures) for cell in cells)
    lines = lines if any(cell.label for cell in cells) else 0
    width, height = across * side + GAP, side + GAP + (lines * _LINE + GAP if lines else 0)
    page = Image.new("RGB", (columns * width + GAP, -(-len(cells) // columns) * height + GAP), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(_SIZE)
    for i, cell in enumerate(cells):
        x, y = GAP + i % columns * width, GAP + i // columns * height
        for k, picture in enumerate(cell.pictures):
            fitted = _fitted(picture, side)
            page.paste(fitted, (x + k * side + (side - fitted.width) // 2, y + (side - fitted.height) // 2))
        if cell.bar:
            draw.rectangle((x, y + side, x + across * side - 1, y + side + 4), fill=cell.bar)
        label = "\n".join(_wrapped(cell.label, across * side // _CHARACTER, lines))
        draw.multiline_text((x, y + side + 7), label, fill="black", font=font, spacing=2)
    return page


def _fitted(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _wrapped(label: str, width: int, lines: int) -> list[str]:
    return textwrap.wrap(label, width, max_lines=lines, placeholder=" …") if lines else []
