"""Coarse to fine: the first part of a run is painted at half its size, where decoding costs a quarter."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from engine.bundles.bundles import BundleEntry
from engine.messages import Spec
from engine.method import latent
from engine.method.latent import Latent
from engine.method.masks import Masked
from engine.models.start import resized
from engine.models.vqgan import VQGAN


def until(spec: Spec, entry: BundleEntry, cells: tuple[int, int]) -> int:
    """The last iteration at half size; 0 where there is none. The schedules' last is always at the whole size."""
    share = entry.coarse if spec.coarse is None else spec.coarse
    if spec.upscale > 1 or half(cells) == cells:
        return 0
    return min(round(share * spec.horizon), spec.horizon - 1)


def half(cells: tuple[int, int]) -> tuple[int, int]:
    """Half as many cells along each side, rounded up, and at least two, which every generator can paint."""
    height, width = cells
    return max(2, (height + 1) // 2), max(2, (width + 1) // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarse:
    """The part of a run at half size, up to iteration ``until``, beside the run's whole size of ``cells``.

    ``rest`` is where z rests at half the size, ``whole`` at the whole one; with ``masked`` as at half the size.
    """

    until: int
    cells: tuple[int, int]
    rest: Tensor | None
    whole: Tensor | None
    masked: Masked | None

    def enlarged(self, p: Tensor, method: Latent, generator: VQGAN) -> Tensor:
        """The parameter (1, ·, h, w) of half the size at the whole one.

        Where z rests at a picture, that of an input or a learned start, only what was painted since is interpolated:
        the rest of the whole size has details that its half cannot hold.
        """
        if self.rest is None or self.whole is None:
            return resized(p, *self.cells)
        return method.begin(self.whole, generator) + resized(p - method.begin(self.rest, generator), *self.cells)


def reduced(masked: Masked, cells: tuple[int, int], generator: VQGAN) -> Masked:
    """The same mask and input with so many cells."""
    size = cells[0] * masked.f, cells[1] * masked.f
    given = F.interpolate(masked.given, size, mode="bilinear", antialias=True, align_corners=False)
    z = generator.encode(given)
    mask = F.interpolate(masked.mask, size, mode="area")
    return dataclasses.replace(masked, mask=mask, given=given, z=z, z_q=latent.quantize(z, generator))
