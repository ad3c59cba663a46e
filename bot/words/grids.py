"""Grids: one prompt in several styles, by several seeds, or both; and the labelled sheet of its pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

from bot.errors import BadSetting
from bot.texts import refusals
from bot.words.prompts import Wish, check_seed
from engine.sheet import Cell, sheet

MOST = 64  # pictures of one grid
_SIDE, _LARGEST_SIDE = 192, 384  # pixels of a picture on the sheet
_EMPTY = "#eeeeee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One picture of a grid: its wish, and what it is called."""

    wish: Wish
    label: str = ""


def by_seeds(variants: Sequence[Square], seeds: Sequence[int], *, named: bool, most: int = MOST) -> list[Square]:
    """Each of ``variants`` by every seed, which its label then has if ``named``. Raises :class:`BadSetting`."""
    squares = [
        Square(
            wish=replace(variant.wish, seed=seed),
            label=", ".join(part for part in (variant.label, f"seed {seed}" if named else "") if part),
        )
        for variant in variants
        for seed in seeds
    ]
    if len(squares) > most:
        raise BadSetting(refusals.grid_too_large(len(squares), most))
    return squares


def names(text: str | None) -> list[str]:
    """The styles in a list with commas."""
    return [" ".join(name.split()) for name in (text or "").split(",") if name.strip()]


def parse_seeds(text: str) -> list[int]:
    """Seeds from ``1-8`` or ``1,5,9``. Raises :class:`BadSetting`."""
    found: list[int] = []
    for part in text.split(","):
        if not (matched := re.fullmatch(r"\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*", part)):
            raise BadSetting(refusals.no_seeds(text))
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last - first >= MOST:
            raise BadSetting(refusals.too_many_seeds(last - first + 1, MOST))
        found += [check_seed(seed) for seed in range(first, last + 1)]
    if len(set(found)) < len(found) or not found:
        raise BadSetting(refusals.seeds_repeat(text))
    return found


def compose(pictures: Sequence[bytes | None], labels: Sequence[str], columns: int) -> bytes:
    """The sheet as PNG, row by row; an empty square in place of a picture that is not there. Blocks."""
    opened = [Image.open(io.BytesIO(picture)) if picture else None for picture in pictures]
    largest = max((max(picture.size) for picture in opened if picture), default=_SIDE)
    side = min(max(_SIDE, largest), _LARGEST_SIDE)
    empty = Image.new("RGB", (side, side), _EMPTY)
    cells = [Cell(pictures=(picture or empty,), label=label) for picture, label in zip(opened, labels, strict=True)]
    out = io.BytesIO()
    sheet(cells, min(columns, len(cells)), side=side, lines=2).save(out, "PNG")
    return out.getvalue()
