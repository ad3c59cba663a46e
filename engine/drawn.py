"""Read masks as people draw them. This needs only Pillow, so the bot can refuse a mask before its edit waits."""

import numpy as np
from PIL import Image

from engine import incoming

HOW = (
    "Send a black and white picture of the same shape, white where I am to paint, "
    "or the picture itself with that part erased (transparent)."
)
COLOURED = 24
"""A pixel whose channels differ by more, of 255, is coloured. JPEG tints grey by less."""
_BLACK, _WHITE = 56, 200  # of 255: strokes are darker or lighter
_ALIKE = 24  # of 255: a copy in another format or colour space differs by less
_COMPARED = 128  # pixels of a side: copies differ in details
_SPECKS = 0.001  # of an opaque mask: so much may be transparent by accident


class MaskError(ValueError):
    """The mask does not say where to paint. The message says what to send."""


def read(encoded: bytes, given: Image.Image, size: tuple[int, int] | None = None) -> Image.Image:
    """Return the mask in a file as :func:`check` does. Raises :class:`MaskError`, also for what is no picture."""
    try:
        image = incoming.read(encoded).image
    except incoming.PictureError:
        raise MaskError(f"That mask is not a picture that I can read. {HOW}") from None
    return check(image, given, size)


def check(image: Image.Image, given: Image.Image, size: tuple[int, int] | None = None) -> Image.Image:
    """Return the mask in ``image`` as grey, white where the run paints, of ``size`` or of the size of ``given``.

    ``given`` is the picture under the mask. Transparency is the mask if ``image`` is that picture with a part erased,
    and white strokes are the mask if the rest is transparent. An opaque mask must be grey.

    Raises :class:`MaskError` for another shape than that of ``given``, for a picture that could mean several masks or
    none, and for a mask that leaves nothing to paint.
    """
    if not incoming.same_shape(image.size, given.size):
        raise MaskError(
            f"That mask is {image.width}×{image.height} and the picture {given.width}×{given.height}: they must have "
            f"the same shape, so that I know what lies under it. {HOW}"
        )
    grey = _painted_part(image, given).resize(size or given.size, Image.Resampling.BOX)
    if int(np.asarray(grey).max()) < 128:
        raise MaskError(f"That mask is all black: it leaves nothing to paint. {HOW}")
    return grey


def _painted_part(image: Image.Image, given: Image.Image) -> Image.Image:
    """Return the mask in its own size. Raises :class:`MaskError` unless it is plain what is meant."""
    rgba = np.asarray(image.convert("RGBA"))
    alpha = rgba[..., 3]
    seen = alpha >= 128
    if not seen.any():
        raise MaskError(f"That mask is wholly transparent. {HOW}")
    colours, share = rgba[seen][:, :3].astype(np.int16), float(seen.mean())
    known = share < 1 and _shows(image, given)
    if not known and share >= 1 - _SPECKS and _grey(colours):
        return Image.fromarray(np.where(seen, np.asarray(image.convert("RGB").convert("L")), 0).astype(np.uint8))
    if share == 1:
        raise MaskError(f"That mask is a coloured picture. {HOW}")
    return Image.fromarray(255 - alpha if _erased(colours, share, known=known) else alpha)


def _erased(colours: np.ndarray, share: float, *, known: bool) -> bool:
    """Tell a picture with an erased part from white strokes on a transparent layer. Raises :class:`MaskError`.

    ``colours`` (n, 3) are those that are not transparent, and ``share`` is how much of the mask they cover. They are
    ``known`` if they are as in the picture under the mask.
    """
    low, high = colours.min(axis=0), colours.max(axis=0)
    white = low.min() > _WHITE
    several = not white and (high - low).max() > COLOURED
    if known and (several or share >= 0.5):
        return True
    if white and not known:
        return False
    if high.max() < _BLACK and share >= 0.5:  # black is kept and what is erased is painted: both say the same
        return True
    raise MaskError(f"A part of that mask is transparent, and I cannot tell which part I am to paint. {HOW}")


def _shows(image: Image.Image, given: Image.Image) -> bool:
    """Tell whether nearly all of what is not transparent in ``image`` is as in ``given``."""
    size = min(_COMPARED, given.width), min(_COMPARED, given.height)
    small = np.asarray(image.convert("RGBA").resize(size, Image.Resampling.BOX)).astype(np.int16)
    under = np.asarray(given.convert("RGB").resize(size, Image.Resampling.BOX)).astype(np.int16)
    seen = small[..., 3] >= 250
    return bool(seen.any() and np.quantile(np.abs(small[..., :3] - under).max(axis=2)[seen], 0.9) <= _ALIKE)


def _grey(colours: np.ndarray) -> bool:
    return bool((colours.max(axis=1) - colours.min(axis=1) > COLOURED).mean() <= 0.01)
