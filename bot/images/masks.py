"""Masks that members send: judged as the engine will, before anything waits."""

from __future__ import annotations

from bot.errors import BadSetting
from engine import drawn
from engine.messages.resolution import NOTHING_UNDER_MASK
from engine.messages.sizes import InitSize


def check(content: bytes, init: InitSize | None) -> None:
    """Raises :class:`bot.errors.BadSetting` for one that says nothing about where to paint in ``init``. Blocks."""
    if init is None:
        raise BadSetting(NOTHING_UNDER_MASK)
    try:
        drawn.read(content, (init.width, init.height), init.width, init.height)
    except drawn.MaskError as error:
        raise BadSetting(str(error)) from None
