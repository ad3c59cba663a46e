"""Read masks as people draw them. This needs only Pillow, so the bot can refuse a mask before its edit waits."""

import io
import math

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

HOW = (
    "Send a black and white picture of the same shape, white where I am to paint, "
    "or the picture itself with that part erased (transparent)."
)
COLOURED = 24
"""A pixel whose channels differ by more, of 255, is coloured. JPEG tints grey by less."""
SHAPE_TOLERANCE = 0.03
"""The greatest difference in aspect, as a logarithm: rounding to whole pixels changes the aspect."""


class MaskError(ValueError):
    """The mask does not say where to paint. The message says what to send."""


def read(encoded: bytes, given: tuple[int, int], width: int, height: int) -> Image.Image:
    """Return the mask in a picture as grey of ``width`` × ``height``, white where the run paints.

    ``given`` is the input's (width, height). If the picture has transparency, that is the mask and its colours do
    not matter; otherwise it must be grey. Raises :class:`MaskError` for no picture, and as :func:`check`.
    """
    try:
        image: Image.Image = Image.open(io.BytesIO(encoded))
        image = ImageOps.exif_transpose(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise MaskError(f"That mask is not a picture that I can read. {HOW}") from None
    return check(image, given, (width, height))


def check(image: Image.Image, given: tuple[int, int], size: tuple[int, int] | None = None) -> Image.Image:
    """Return the mask in ``image`` as grey of ``size``, or of the size ``given`` that the input has.

    Raises :class:`MaskError` for another shape than the input's, a coloured picture, and one that leaves nothing to
    paint.
    """
    if abs(math.log(image.width / image.height * given[1] / given[0])) > SHAPE_TOLERANCE:
        raise MaskError(
            f"That mask is {image.width}×{image.height} and the picture {given[0]}×{given[1]}: they must have the "
            f"same shape, so that I know what lies under it. {HOW}"
        )
    grey = _painted_part(image).resize(size or given, Image.Resampling.BOX)
    if int(np.asarray(grey).max()) < 128:
        raise MaskError(f"That mask is all black: it leaves nothing to paint. {HOW}")
    return grey


def _painted_part(image: Image.Image) -> Image.Image:
    """Return what is transparent as white on black, or an opaque picture itself, which must be grey."""
    rgba = np.asarray(image.convert("RGBA"))
    if (rgba[..., 3] < 255).any():
        return Image.fromarray(255 - rgba[..., 3])
    colours = rgba[..., :3].astype(np.int16)
    if ((colours.max(axis=2) - colours.min(axis=2)) > COLOURED).mean() > 0.01:
        raise MaskError(f"That mask is a coloured picture. {HOW}")
    return image.convert("L")
