"""Upscaling: a picture refined at several times its size, in the memory of a bundle's usual picture.

It is decoded and encoded in overlapping tiles, which fade into each other. A loss term keeps it near its input.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from engine import pictures
from engine.bundles.bundles import Bundle, BundleEntry
from engine.messages import Spec
from engine.messages.limits import Term
from engine.models.generator import Coder, Generator

OVERLAP = 0.25  # the least part of a tile's side that it shares with the next one
FIDELITY = 30.0  # weighs the difference to the input: an error of a tenth counts as much as the words do


def coder(spec: Spec, entry: BundleEntry, generator: Generator) -> Coder:
    """Return what decodes and encodes a run's pictures: the generator, or in an upscale its tiles."""
    return generator if spec.upscale == 1 else Tiled(generator, entry.width)


def pixels_at_once(spec: Spec, entry: BundleEntry) -> int:
    """Return how many pixels are decoded at a time."""
    pixels = spec.width * spec.height
    return pixels if spec.upscale == 1 else min(pixels, entry.width**2)


def refined(spec: Spec, bundle: Bundle, init_image: bytes | None) -> Tensor | None:
    """Return the picture to refine, (1, 3, h, w) in its own size; None if the run is no upscale.

    Raises :class:`ValueError` if it is not a picture.
    """
    if init_image is None or spec.upscale == 1:
        return None
    size = spec.width // spec.upscale, spec.height // spec.upscale
    return pictures.decode(init_image, *size).to(bundle.device)


def fidelity() -> Term:
    """Return the loss term of an upscale, which a bundle or a spec may replace."""
    return Term(name="fidelity", weight=FIDELITY)


def repainted(refined: Tensor, image: Tensor, changed: Tensor) -> Tensor:
    """Return ``refined`` with ``image`` (1, 3, H, W) in the ``changed`` cells, (1, 1, H/f, W/f)."""
    size = refined.shape[2:]
    return torch.where(F.interpolate(changed.float(), size) > 0, F.interpolate(image, size, mode="area"), refined)


class Tiled:
    """A coder that works on ``tile`` × ``tile`` pixels of its ``generator`` at a time.

    A window that falls to the edges weights each tile, and the sum is divided by the sum of windows, so that no border
    shows. The backward pass decodes each tile once more (gradient checkpointing). A step then holds the picture, z and
    the activations of one tile.
    """

    def __init__(self, generator: Coder, tile: int) -> None:
        self.generator = generator
        self.f = generator.f
        self.tile = max(2, tile // generator.f)  # in cells

    def decode(self, z_q: Tensor) -> Tensor:
        return self._blended(self.generator.decode, z_q, (1, self.f))

    def encode(self, images: Tensor) -> Tensor:
        return self._blended(self.generator.encode, images, (self.f, 1))

    def _blended(self, work: Callable[[Tensor], Tensor], x: Tensor, units: tuple[int, int]) -> Tensor:
        """Do ``work`` on every tile of ``x``. ``units`` are the elements along a cell's side before and after it."""
        before, after = units
        height, width = x.shape[2] // before, x.shape[3] // before
        total: Tensor | None = None
        weight = torch.zeros(1, 1, height * after, width * after, device=x.device)
        for rows, columns in self._places(height, width):
            part = x[:, :, _scaled(rows, before), _scaled(columns, before)]
            done = checkpoint(work, part, use_reentrant=False) if torch.is_grad_enabled() else work(part)
            window = _window(done.shape[2], done.shape[3], done.device)
            if total is None:
                total = done.new_zeros(*done.shape[:2], height * after, width * after)
            place = (slice(None), slice(None), _scaled(rows, after), _scaled(columns, after))
            total[place] = total[place] + done * window
            weight[place] += window
        assert total is not None
        return total / weight

    def _places(self, height: int, width: int) -> Iterator[tuple[slice, slice]]:
        for top in starts(height, self.tile):
            for left in starts(width, self.tile):
                yield slice(top, min(top + self.tile, height)), slice(left, min(left + self.tile, width))


def starts(length: int, tile: int) -> list[int]:
    """Return where the tiles along ``length`` cells begin: evenly, the first at 0, the last flush with the end."""
    if length <= tile:
        return [0]
    steps = -(-(length - tile) // max(1, int(tile * (1 - OVERLAP))))
    return [round(i * (length - tile) / steps) for i in range(steps + 1)]


def _scaled(cells: slice, unit: int) -> slice:
    return slice(cells.start * unit, cells.stop * unit)


@lru_cache
def _window(height: int, width: int, device: torch.device) -> Tensor:
    """Return a tile's weights, (height, width)."""
    return (_ramp(height)[:, None] * _ramp(width)).to(device)


def _ramp(length: int) -> Tensor:
    """Return weights (length,) that rise from the edges through the shared part and are never 0."""
    distance = torch.arange(length).minimum(torch.arange(length - 1, -1, -1)) + 0.5
    ramp = (distance / (length * OVERLAP)).clamp(max=1)
    return ramp.square() * (3 - 2 * ramp)  # smoothstep: its slope is zero at both ends
