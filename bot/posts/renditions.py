"""A finished picture as files, so that one of them is small enough for where it is posted."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from bot.images import uploads
from bot.texts import endings
from bot.words import recipe

_QUALITY = 90
_LEAST_SIDE = 64  # pixels; nothing smaller is worth looking at


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """``note`` tells the requester what was done to make it fit."""

    content: bytes
    extension: str
    width: int
    height: int
    note: str = ""


def renditions(png: bytes, line: str, factor: int) -> Iterator[Rendition]:
    """Yield the best first: ``factor`` times enlarged, as painted, as JPEG, and then ever smaller.

    Each is made when it is asked for, and carries the recipe ``line``. Plain Pillow: ask in a thread.
    """
    large, width, height = uploads.enlarge(png, factor)
    yield Rendition(content=recipe.stamp(large, line), extension="png", width=width, height=height)
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGB")
    if factor > 1:
        yield Rendition(content=recipe.stamp(png, line), extension="png", width=image.width, height=image.height)
    note = endings.AS_JPEG
    while True:
        out = io.BytesIO()
        image.save(out, format="JPEG", quality=_QUALITY, comment=line.encode())
        content = out.getvalue()
        yield Rendition(content=content, extension="jpg", width=image.width, height=image.height, note=note)
        if min(image.size) // 2 < _LEAST_SIDE:
            return
        image, note = image.reduce(2), endings.SMALLER
