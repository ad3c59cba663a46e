"""Check masks as the engine will, before a job is queued."""

from bot.errors import BadSetting
from engine import drawn
from engine.messages.resolution import NOTHING_UNDER_MASK
from engine.messages.sizes import InitSize


def check(content: bytes, init: InitSize | None) -> None:
    """Raise :class:`bot.errors.BadSetting` unless the mask says where to paint in ``init``. It blocks."""
    if init is None:
        raise BadSetting(NOTHING_UNDER_MASK)
    try:
        drawn.read(content, (init.width, init.height), init.width, init.height)
    except drawn.MaskError as error:
        raise BadSetting(str(error)) from None
