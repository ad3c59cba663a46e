"""How large a picture is painted: as wished, as its source is, or as the bundle paints best; within the limits."""

from __future__ import annotations

from dataclasses import dataclass

from bot.config import Limits
from bot.errors import BadSize
from bot.images import uploads
from bot.texts import refusals
from bot.words.prompts import Wish
from engine.messages import BundleInfo

_CROPPED = 1.05  # aspects further apart than this lose something worth a note


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The size in pixels of the picture to start from, and whether the bot painted it, at that very size."""

    width: int
    height: int
    painted: bool = False


def chosen(wish: Wish, info: BundleInfo, limits: Limits, source: Source | None) -> tuple[int, int, tuple[str, ...]]:
    """Width and height in pixels, and sentences about what was changed. Raises :class:`bot.errors.BadSize`."""
    most = most_pixels(info, limits, wish.more.get("upscale", 1) if source else 1)
    if wish.size is not None:
        wanted = wish.size
    elif source is None:
        return *usual(info, most), ()
    elif source.painted and source.width * source.height <= most:
        wanted = source.width, source.height
    else:
        budget = min(most, info.width * info.height)
        size = uploads.working_size(source.width, source.height, pixels=budget, max_pixels=most, f=info.f)
        return *size, ()
    width, height = info.snap(*wanted)
    check_pixels(width, height, info, most)
    notes = []
    if (width, height) != wanted:
        notes.append(refusals.snapped(wanted, (width, height), info.f))
    if source is not None and _cropped(source, width, height):
        notes.append(refusals.cropped(width, height))
    return width, height, tuple(notes)


def usual(info: BundleInfo, most: int) -> tuple[int, int]:
    """The bundle's own, or of its shape where the server allows less."""
    if info.width * info.height <= most:
        return info.width, info.height
    return uploads.working_size(info.width, info.height, pixels=most, max_pixels=most, f=info.f)


def most_pixels(info: BundleInfo, limits: Limits, upscale: int = 1) -> int:
    """Pixels of a picture. What is refined in tiles needs the memory of its input alone: that is the bundle's bound."""
    return min(info.max_pixels * upscale**2, limits.max_pixels)


def check_pixels(width: int, height: int, info: BundleInfo, most: int) -> None:
    """Raises :class:`bot.errors.BadSize` for more than ``most`` pixels."""
    if width * height > most:
        raise BadSize(refusals.too_large(width, height, info.name, most, usual(info, most)))


def _cropped(source: Source, width: int, height: int) -> bool:
    ratio = (source.width / source.height) / (width / height)
    return max(ratio, 1 / ratio) > _CROPPED
