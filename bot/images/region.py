"""Show the area that a run painted to replace a named thing."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageStat

from bot.images import uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Hold the painted area of a picture."""

    png: bytes  # grey, white where the run painted
    share: float  # of the picture, 0 to 1

    @classmethod
    def enlarged(cls, mask: bytes, factor: int) -> Region:
        """Enlarge the engine's mask by ``factor``. Blocks: call it in a thread."""
        with Image.open(io.BytesIO(mask)) as image:
            share = ImageStat.Stat(image.convert("L")).mean[0] / 255
        return cls(png=uploads.enlarge(mask, factor)[0], share=share)
