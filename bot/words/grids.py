"""Plan a grid, one prompt in several styles or by several seeds, and compose the labelled sheet of its pictures."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from bot.errors import BadSetting, refusing
from bot.texts import refusals
from bot.words.prompts import Wish
from engine.messages import SpecError
from engine.messages.resolution import check_asked, new_seed
from engine.messages.styles import NO_STYLE, apply, named, names_style, slug
from engine.sheet import SheetCell, sheet

MOST = 64  # pictures of one grid
_SIDE, _LARGEST_SIDE = 192, 384  # pixels of a picture on the sheet
_EMPTY = "#eeeeee"


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One picture of a grid: its wish, and its label."""

    wish: Wish
    label: str = ""


def squares(
    wish: Wish, styles: str | None, seeds: str | None, known: Mapping[str, str], *, most: int = MOST
) -> tuple[list[Square], int | None]:
    """Return the pictures of a grid, style by style, and how many seeds are in a row (None: there are no rows).

    ``styles`` has names of styles and words of a style, with commas between them; ``known`` the words of each style.
    Raises :class:`bot.errors.BadSetting`.
    """
    if not styles and not seeds:
        raise BadSetting(refusals.GRID_OF_ONE)
    numbers = parse_seeds(seeds) if seeds else [new_seed() if wish.seed is None else wish.seed]
    texts = [" ".join(text.split()) for text in (styles or "").split(",") if text.strip()]
    variants = [_styled(wish, text, known) for text in texts] or [Square(wish=wish)]
    found = [
        Square(
            wish=replace(variant.wish, seed=seed),
            label=", ".join(part for part in (variant.label, f"seed {seed}" if seeds else "") if part),
        )
        for variant in variants
        for seed in numbers
    ]
    if len(found) > most:
        raise BadSetting(refusals.grid_too_large(len(found), most))
    return found, len(numbers) if styles and seeds else None


def _styled(wish: Wish, text: str, known: Mapping[str, str]) -> Square:
    """Return the wish in a style, or in words that are clearly no name of a style."""
    if slug(text) in (NO_STYLE, *known) or names_style(text, known):
        try:
            name = NO_STYLE if slug(text) == NO_STYLE else named(text, known)
        except SpecError as error:
            raise BadSetting(f"{error} {refusals.STYLE_IN_WORDS}") from None
        return Square(wish=replace(wish, style=name), label=text)
    return Square(wish=replace(wish, prompt=apply(text, wish.prompt), style=NO_STYLE), label=text)


def parse_seeds(text: str) -> list[int]:
    """Return the seeds in ``1-8`` or ``1,5,9``. Raises :class:`BadSetting`."""
    found: list[int] = []
    for part in text.split(","):
        if not (matched := re.fullmatch(r"\s*([0-9]{1,20})(?:\s*[-–—]\s*([0-9]{1,20}))?\s*", part)):
            raise BadSetting(refusals.no_seeds(text))
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if last - first >= MOST:
            raise BadSetting(refusals.too_many_seeds(last - first + 1, MOST))
        with refusing():
            check_asked({"seed": last})
        found += range(first, last + 1)
    if len(set(found)) < len(found) or not found:
        raise BadSetting(refusals.seeds_repeat(text))
    return found


def compose(pictures: Sequence[bytes | None], labels: Sequence[str], columns: int) -> bytes:
    """Return the sheet as PNG, row by row, with an empty square for a picture that is None. Blocks."""
    opened = [Image.open(io.BytesIO(picture)) if picture else None for picture in pictures]
    largest = max((max(picture.size) for picture in opened if picture), default=_SIDE)
    side = min(max(_SIDE, largest), _LARGEST_SIDE)
    empty = Image.new("RGB", (side, side), _EMPTY)
    cells = [
        SheetCell(pictures=(picture or empty,), label=label) for picture, label in zip(opened, labels, strict=True)
    ]
    out = io.BytesIO()
    sheet(cells, min(columns, len(cells)), side=side, lines=2).save(out, "PNG")
    return out.getvalue()
