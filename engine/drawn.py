"""Read masks as people draw them. This needs only Pillow, so the bot can refuse a mask before its edit waits."""

import math

import numpy as np
from PIL import Image

from engine import incoming

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

    ``given`` is the input's (width, height). If the picture has transparency, that is the mask, unless white was
    drawn on a transparent layer. An opaque picture must be grey. Raises :class:`MaskError` for no picture, and as
    :func:`check`.
    """
    try:
        image = incoming.read(encoded).image
    except incoming.PictureError:
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
    alpha = rgba[..., 3]
    seen = alpha >= 128
    if not seen.all():
        return Image.fromarray(alpha if _drawn_in_white(rgba, seen) else 255 - alpha)
    colours = rgba[..., :3].astype(np.int16)
    if ((colours.max(axis=2) - colours.min(axis=2)) > COLOURED).mean() > 0.01:
        raise MaskError(f"That mask is a coloured picture. {HOW}")
    return image.convert("RGB").convert("L")


def _drawn_in_white(rgba: np.ndarray, seen: np.ndarray) -> bool:
    """Tell strokes of white on a transparent layer from a picture with an erased part. Raises :class:`MaskError`."""
    if not seen.any() or seen.mean() >= 0.5:
        return False
    colours = rgba[seen][:, :3].astype(np.int16)
    if colours.min() > 200:
        return True
    if (colours.max(axis=0) - colours.min(axis=0)).max() <= COLOURED:
        raise MaskError(f"That mask has strokes of one colour that is not white. {HOW}")
    return False
