"""Lay pictures on sheets that say what was asked for and whether the judge agrees."""

from collections.abc import Sequence

from PIL import Image

from engine.sheet import SheetCell
from engine.sheet import sheet as lay_out

GREEN, RED = (22, 150, 60), (206, 36, 40)


def sheet(rows: Sequence[Sequence[Image.Image]], labels: Sequence[str], right: Sequence[bool]) -> Image.Image:
    """Lay out a cell for each label: its pictures side by side, a green or red bar, and the label under them."""
    cells = [
        SheetCell(pictures=tuple(pictures), label=f"{i}. {label}", bar=GREEN if is_right else RED)
        for i, (pictures, label, is_right) in enumerate(zip(rows, labels, right, strict=True), start=1)
    ]
    return lay_out(cells, columns=8 // max(len(pictures) for pictures in rows))
