"""Masks that members send: judged as the engine will, before anything waits."""

from __future__ import annotations

from bot.errors import BadSetting
from bot.sizes import Source
from engine import drawn

NOTHING_UNDER_IT = "A mask needs a picture to lie on. Give the picture too."


def check(content: bytes, source: Source | None) -> None:
    """Raises :class:`bot.errors.BadSetting` for one that says nothing about where to paint in ``source``. Blocks."""
    if source is None:
        raise BadSetting(NOTHING_UNDER_IT)
    try:
        drawn.read(content, (source.width, source.height), source.width, source.height)
    except drawn.MaskError as error:
        raise BadSetting(str(error)) from None
