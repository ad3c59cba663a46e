"""Masks as people draw them. Pillow alone, so that the bot can refuse one before its edit waits in line."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

HOW = (
    "Send a black and white picture of the same shape, white where I am to paint, "
    "or the picture itself with that part erased (transparent)."
)
COLOURED = 24
"""From this difference of its channels (of 255) on, a pixel is coloured and not grey; JPEG tints grey by less."""
SHAPE_TOLERANCE = 0.03
"""How far, in parts, the mask's sides may be from the input's proportions: rounding to whole pixels moves them."""


class MaskError(ValueError):
    """That mask says nothing about where to paint; the message says what to send."""


def read(encoded: bytes, given: tuple[int, int], width: int, height: int) -> Image.Image:
    """The mask in a picture as grey of ``width`` × ``height``, white where is painted.

    ``given`` is the input's (width, height). Where the picture has transparency, that is the mask and its colours do
    not matter; else it must be grey. Raises :class:`MaskError` for no picture, another shape than the input's, a
    coloured picture, and one that leaves nothing to paint.
    """
    try:
        image: Image.Image = Image.open(io.BytesIO(encoded))
        image = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise MaskError(f"That mask is not a picture that I can read. {HOW}") from None
    if abs(math.log(image.width / image.height * given[1] / given[0])) > SHAPE_TOLERANCE:
        raise MaskError(
            f"That mask is {image.width}×{image.height} and the picture {given[0]}×{given[1]}: they must have the "
            f"same shape, so that I know what lies under it. {HOW}"
        )
    grey = _painted_part(image).resize((width, height), Image.Resampling.BOX)
    if int(np.asarray(grey).max()) < 128:
        raise MaskError(f"That mask is all black: it leaves nothing to paint. {HOW}")
    return grey


def _painted_part(image: Image.Image) -> Image.Image:
    """What is transparent, as white on black; of an opaque picture the picture itself, which must be grey."""
    rgba = np.asarray(image.convert("RGBA"))
    if (rgba[..., 3] < 255).any():
        return Image.fromarray(255 - rgba[..., 3])
    colours = rgba[..., :3].astype(np.int16)
    if ((colours.max(axis=2) - colours.min(axis=2)) > COLOURED).mean() > 0.01:
        raise MaskError(f"That mask is a coloured picture. {HOW}")
    return image.convert("L")
