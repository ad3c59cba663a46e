"""Where a run found what words had named, to be shown beside its picture."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageStat

from bot.images import uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """``png`` is grey and white where was painted; ``share`` is how much of the picture that is, 0 to 1."""

    png: bytes
    share: float

    @classmethod
    def enlarged(cls, mask: bytes, factor: int) -> Region:
        """From a mask as the engine tells it, so many times as large. Blocks."""
        with Image.open(io.BytesIO(mask)) as image:
            share = ImageStat.Stat(image.convert("L")).mean[0] / 255
        return cls(png=uploads.enlarge(mask, factor)[0], share=share)
