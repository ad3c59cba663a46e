"""Read masks as the engine will, before a job is queued."""

import io

from PIL import Image

from bot.errors import BadSetting
from engine import drawn
from engine.messages.resolution import NOTHING_UNDER_MASK


def read(content: bytes, init_image: bytes | None) -> bytes:
    """Return the mask in a file as a grey PNG of the size that ``init_image`` has. It blocks.

    Raises :class:`bot.errors.BadSetting` unless the mask says where to paint in ``init_image``.
    """
    if init_image is None:
        raise BadSetting(NOTHING_UNDER_MASK)
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(init_image)) as given:
            drawn.read(content, given).save(out, "PNG")
    except drawn.MaskError as error:
        raise BadSetting(str(error)) from None
    return out.getvalue()
