"""Labelled sheets: what was asked for, what was painted, and whether the judge agrees."""

import textwrap
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

SIDE, GAP, LINES, LINE = 192, 8, 4, 16
GREEN, RED = (22, 150, 60), (206, 36, 40)


def sheet(rows: Sequence[Sequence[Image.Image]], labels: Sequence[str], right: Sequence[bool]) -> Image.Image:
    """One cell for each label: its pictures side by side, enlarged, a green or a red bar, the label under them."""
    across = max(len(pictures) for pictures in rows)
    columns = 8 // across
    width, height = across * SIDE + GAP, SIDE + GAP + LINES * LINE + 8
    page = Image.new("RGB", (columns * width + GAP, -(-len(rows) // columns) * height + GAP), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for i, (pictures, label, is_right) in enumerate(zip(rows, labels, right, strict=True)):
        x, y = GAP + i % columns * width, GAP + i // columns * height
        for k, picture in enumerate(pictures):
            page.paste(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (x + k * SIDE, y))
        draw.rectangle((x, y + SIDE, x + across * SIDE - 1, y + SIDE + 4), fill=GREEN if is_right else RED)
        lines = textwrap.wrap(f"{i + 1}. {label}", 28 * across)[:LINES]
        draw.multiline_text((x, y + SIDE + 7), "\n".join(lines), fill="black", font=font, spacing=2)
    return page
