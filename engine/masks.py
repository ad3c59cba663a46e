"""Masks: where an edit may paint, and how the result joins the input around it (001 §2.5, G.2).

A mask is (1, 1, H, W) in [0, 1] at the run's size: 1 is painted anew, 0 stays the input's, between them both mix.
White paints, and so does transparency: in a picture with an alpha channel, what was erased is painted.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """An edit that may change its input in part only.

    ``mask`` (1, 1, H, W) has its seam; ``given`` (1, 3, H, W) is the input, ``z`` (1, e, H/f, W/f) its latent
    and ``z_q`` that latent's codes.
    """

    mask: Tensor
    given: Tensor
    z: Tensor
    z_q: Tensor
    f: int

    @property
    def free(self) -> Tensor:
        """Where z may change: the latent cells that any part of the mask touches, booleans (1, 1, H/f, W/f)."""
        return F.max_pool2d(self.mask, self.f) > 0

    def keep(self, free: Tensor, kept: Tensor) -> Tensor:
        """``free`` in the free cells, ``kept`` elsewhere, both (1, ·, H/f, W/f); no gradient comes through there."""
        return torch.where(self.free, free, kept)

    def join(self, painted: Tensor) -> Tensor:
        """``painted`` (1, 3, H, W) in the mask, the input outside: to the last bit where the mask is 0."""
        return torch.lerp(self.given, painted, self.mask)

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom pixel (the last two beyond it) of what is painted."""
        rows, columns = (torch.nonzero(self.mask[0, 0].amax(axis) > 0)[:, 0] for axis in (1, 0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def read(encoded: bytes, given: tuple[int, int], width: int, height: int) -> Tensor:
    """The mask in a picture, at the run's size.

    ``given`` is the input's (width, height). Where the picture has transparency, that is the mask and its colours do
    not matter; else it must be grey. Raises :class:`MaskError` for no picture, another shape than the input's, a
    coloured picture, and one that leaves nothing to paint.
    """
    try:
        image = Image.open(io.BytesIO(encoded))
        image.load()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        raise MaskError(f"That mask is not a picture that I can read. {HOW}") from None
    if abs(math.log(image.width / image.height * given[1] / given[0])) > SHAPE_TOLERANCE:
        raise MaskError(
            f"That mask is {image.width}×{image.height} and the picture {given[0]}×{given[1]}: they must have the "
            f"same shape, so that I know what lies under it. {HOW}"
        )
    grey = _painted_part(image).resize((width, height), Image.Resampling.BOX)
    mask = torch.from_numpy(np.asarray(grey).copy()).float()[None, None] / 255
    if float(mask.max()) < 0.5:
        raise MaskError(f"That mask is all black: it leaves nothing to paint. {HOW}")
    return mask


def _painted_part(image: Image.Image) -> Image.Image:
    """What is transparent, as white on black; of an opaque picture the picture itself, which must be grey."""
    rgba = np.asarray(image.convert("RGBA"))
    if (rgba[..., 3] < 255).any():
        return Image.fromarray(255 - rgba[..., 3])
    colours = rgba[..., :3].astype(np.int16)
    if ((colours.max(axis=2) - colours.min(axis=2)) > COLOURED).mean() > 0.01:
        raise MaskError(f"That mask is a coloured picture. {HOW}")
    return image.convert("L")


def feathered(mask: Tensor, feather: int) -> Tensor:
    """The mask with a seam of at most ``feather`` pixels around it, in which it falls to 0.

    All that was 1 stays 1, so that nothing old shines through; further out than ``feather`` it is 0 exactly.
    """
    grow = feather - feather // 2
    blur = feather // 2
    soft = F.max_pool2d(mask, 2 * grow + 1, 1, grow)
    for radius in (blur - blur // 2, blur // 2):  # two box blurs: a smooth ramp that ends
        soft = F.avg_pool2d(soft, 2 * radius + 1, 1, radius, count_include_pad=False)
    return soft.clamp(0, 1)


def to_image(mask: Tensor) -> Image.Image:
    """The mask as a grey picture, white where it paints."""
    return Image.fromarray((mask[0, 0] * 255).round().byte().cpu().numpy())


def to_png(mask: Tensor) -> bytes:
    """The same as PNG bytes, which :func:`read` reads again."""
    buffer = io.BytesIO()
    to_image(mask).save(buffer, "PNG")
    return buffer.getvalue()
