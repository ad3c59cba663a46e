"""Masks that members send: judged as the engine will, before anything waits."""

from __future__ import annotations

from bot.errors import BadSetting
from bot.texts import refusals
from bot.words.sizes import Source
from engine import drawn


def check(content: bytes, source: Source | None) -> None:
    """Raises :class:`bot.errors.BadSetting` for one that says nothing about where to paint in ``source``. Blocks."""
    if source is None:
        raise BadSetting(refusals.NOTHING_UNDER_MASK)
    try:
        drawn.read(content, (source.width, source.height), source.width, source.height)
    except drawn.MaskError as error:
        raise BadSetting(str(error)) from None
