"""A large picture in the memory of a small one: decoded and encoded in overlapping tiles that fade into each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from engine.models.vqgan import VQGAN

OVERLAP = 0.25
"""Of a tile's side that it shares with the next one, at least."""


class Tiled:
    """A generator that works on ``tile`` × ``tile`` pixels at a time and is otherwise as :class:`VQGAN`.

    Each tile is weighted by a window that falls to its edges, and the sum is divided by the windows' sum, so that no
    border is left to be seen. In the backward pass each tile is decoded once more (gradient checkpointing): what the
    optimisation needs is the picture, z, and one tile's activations, whatever the picture's size.
    """

    def __init__(self, generator: VQGAN, tile: int) -> None:
        self.generator = generator
        self.f = generator.f
        self.tile = max(2, tile // generator.f)  # in cells

    @property
    def codebook(self) -> Tensor:
        return self.generator.codebook

    def nearest_codes(self, z: Tensor) -> Tensor:
        """As the generator's."""
        return self.generator.nearest_codes(z)

    def look_up(self, codes: Tensor) -> Tensor:
        """As the generator's."""
        return self.generator.look_up(codes)

    def decode(self, z_q: Tensor) -> Tensor:
        """As the generator's; (n, 3, H, W)."""
        return self._blended(self.generator.decode, z_q, (1, self.f))

    def encode(self, images: Tensor) -> Tensor:
        """As the generator's; (n, e, h, w)."""
        return self._blended(self.generator.encode, images, (self.f, 1))

    def _blended(self, work: Callable[[Tensor], Tensor], x: Tensor, units: tuple[int, int]) -> Tensor:
        """``work`` on every tile of ``x``; ``units`` are the elements of a cell's side before and after it."""
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
    """Where the tiles along ``length`` cells begin: evenly, the first at 0, the last flush with the end."""
    if length <= tile:
        return [0]
    steps = -(-(length - tile) // max(1, int(tile * (1 - OVERLAP))))
    return [round(i * (length - tile) / steps) for i in range(steps + 1)]


def _scaled(cells: slice, unit: int) -> slice:
    return slice(cells.start * unit, cells.stop * unit)


@lru_cache
def _window(height: int, width: int, device: torch.device) -> Tensor:
    """(height, width), made once for each device."""
    return (_ramp(height)[:, None] * _ramp(width)).to(device)


def _ramp(length: int) -> Tensor:
    """Weights that rise from the edges to the middle of the shared part, never 0."""
    distance = torch.arange(length).minimum(torch.arange(length - 1, -1, -1)) + 0.5
    ramp = (distance / (length * OVERLAP)).clamp(max=1)
    return ramp.square() * (3 - 2 * ramp)  # smoothstep: its slope is zero at both ends
