"""Masks: where an edit may paint, and how the result joins its input (paper §2.5, appendix G.2).

A mask is (1, 1, H, W) in [0, 1] at the run's size: 1 is painted anew, 0 keeps the input, and values between mix both.
White is painted, and so is what was erased in a picture with an alpha channel.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from engine import drawn, pictures


@dataclass(frozen=True, kw_only=True)
class Masked:
    """An edit that may change only a part of its input."""

    mask: Tensor  # with its seam, (1, 1, H, W)
    given: Tensor  # the input, (1, 3, H, W)
    z: Tensor  # the input's latent, (1, e, H/f, W/f)
    z_q: Tensor  # that latent's codes
    f: int

    @property
    def free(self) -> Tensor:
        """Return the cells that the mask touches, where z may change: booleans (1, 1, H/f, W/f)."""
        return F.max_pool2d(self.mask, self.f) > 0

    def keep(self, free: Tensor, kept: Tensor) -> Tensor:
        """Return ``free`` in the free cells and ``kept`` elsewhere, both (1, ·, H/f, W/f), without a gradient there."""
        return torch.where(self.free, free, kept)

    def join(self, painted: Tensor) -> Tensor:
        """Return ``painted`` (1, 3, H, W) in the mask and the input outside, to the last bit where the mask is 0."""
        return torch.lerp(self.given, painted, self.mask)

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of what is painted, the last two one pixel beyond it."""
        rows, columns = (torch.nonzero(self.mask[0, 0].amax(axis) > 0)[:, 0] for axis in (1, 0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def kept(rest: Tensor | None, masked: Masked | None) -> Tensor | None:
    """Return where z rests in a masked edit: outside of the mask, at its input."""
    return rest if rest is None or masked is None else masked.keep(rest, masked.z)


def read(encoded: bytes, given: Image.Image, width: int, height: int) -> Tensor:
    """Return what :func:`engine.drawn.read` reads, as a tensor; with the same errors."""
    grey = drawn.read(encoded, given, (width, height))
    return torch.from_numpy(np.asarray(grey).copy()).float()[None, None] / 255


def feathered(mask: Tensor, feather: int) -> Tensor:
    """Return the mask with a seam around it, of at most ``feather`` pixels, in which it falls to 0.

    What was 1 stays 1, so that nothing old shines through. Beyond the seam the mask is exactly 0.
    """
    grow = feather - feather // 2
    blur = feather // 2
    soft = F.max_pool2d(mask, 2 * grow + 1, 1, grow)
    for radius in (blur - blur // 2, blur // 2):  # two box blurs: a smooth ramp that ends
        soft = F.avg_pool2d(soft, 2 * radius + 1, 1, radius, count_include_pad=False)
    return soft.clamp(0, 1)


def to_image(mask: Tensor) -> Image.Image:
    """Return the mask as a grey picture, white where it paints."""
    return Image.fromarray((mask[0, 0] * 255).round().byte().cpu().numpy())


def to_png(mask: Tensor) -> bytes:
    """Return :func:`to_image` as PNG bytes, which :func:`read` reads again."""
    return pictures.png(to_image(mask))
