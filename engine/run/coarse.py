"""Coarse to fine: the first part of a run is painted at half its size, where decoding costs a quarter."""

import dataclasses
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from engine.bundles.bundles import BundleEntry
from engine.messages import Spec
from engine.method import latent
from engine.method.latent import Latent, resized
from engine.method.masks import Masked
from engine.models.generator import Generator


def until(spec: Spec, entry: BundleEntry, cells: tuple[int, int]) -> int:
    """Return the last iteration at half size, or 0. The schedules' last iteration is always at the whole size."""
    share = entry.coarse if spec.coarse is None else spec.coarse
    if spec.upscale > 1 or half(cells) == cells:
        return 0
    return min(round(share * spec.horizon), spec.horizon - 1)


def half(cells: tuple[int, int]) -> tuple[int, int]:
    """Return half as many cells along each side, rounded up, and at least two, which every generator can paint."""
    height, width = cells
    return max(2, (height + 1) // 2), max(2, (width + 1) // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarse:
    """The part of a run that is painted at half size."""

    until: int  # its last iteration
    cells: tuple[int, int]  # height and width in cells at the whole size
    rest: Tensor | None  # where z rests at half the size
    whole: Tensor | None  # where z rests at the whole size
    masked: Masked | None  # what a masked edit keeps at half the size

    def enlarged(self, p: Tensor, method: Latent, generator: Generator) -> Tensor:
        """Return the parameter ``p`` (1, ·, h, w) at the whole size.

        If z rests at a picture, only its difference to that is interpolated: the picture itself has details at the
        whole size that half the size cannot hold.
        """
        if self.rest is None or self.whole is None:
            return resized(p, *self.cells)
        return method.begin(self.whole, generator) + resized(p - method.begin(self.rest, generator), *self.cells)


def reduced(masked: Masked, cells: tuple[int, int], generator: Generator) -> Masked:
    """Return the same mask and input at ``cells``, a height and a width."""
    size = cells[0] * masked.f, cells[1] * masked.f
    given = F.interpolate(masked.given, size, mode="bilinear", antialias=True, align_corners=False)
    z = generator.encode(given)
    mask = F.interpolate(masked.mask, size, mode="area")
    return dataclasses.replace(masked, mask=mask, given=given, z=z, z_q=latent.quantize(z, generator))
