"""Masks: where an edit may paint, and how the result joins the input around it (001 §2.5, G.2).

A mask is (1, 1, H, W) in [0, 1] at the run's size: 1 is painted anew, 0 stays the input's, between them both mix.
White paints, and so does transparency: in a picture with an alpha channel, what was erased is painted.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from engine import drawn


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom pixel (the last two beyond it) of what is painted."""
        rows, columns = (torch.nonzero(self.mask[0, 0].amax(axis) > 0)[:, 0] for axis in (1, 0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def kept(rest: Tensor | None, masked: Masked | None) -> Tensor | None:
    """Where z rests in a masked edit: at its input, outside of the mask."""
    return rest if rest is None or masked is None else masked.keep(rest, masked.z)


def read(encoded: bytes, given: tuple[int, int], width: int, height: int) -> Tensor:
    """What :func:`engine.drawn.read` reads, with the same errors."""
    grey = drawn.read(encoded, given, width, height)
    return torch.from_numpy(np.asarray(grey).copy()).float()[None, None] / 255


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
