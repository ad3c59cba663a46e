"""3 × 3 convolutions with frozen weights by Winograd's F(4 × 4, 3 × 3): 36 products for 16 pixels instead of 144.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015). All of it is torch's matrix products, a few
rows of tiles at a time, so that what is between them stays in the processor's cache.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

INPUT = torch.tensor(
    [[4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0],
     [0, 4, 0, -5, 0, 1]], dtype=torch.float64,
)  # fmt: skip
"""The paper's B^T: six pixels in a row as values at the points 0, 1, −1, 2, −2 and ∞."""
WEIGHTS = torch.tensor(
    [[1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6],
     [1 / 24, -1 / 12, 1 / 6], [0, 0, 1]], dtype=torch.float64,
)  # fmt: skip
"""The paper's G."""
OUTPUT = torch.tensor(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=torch.float64
)
"""The paper's A^T: four pixels of the six products."""
TWICE = torch.tensor(
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=torch.float64
)
"""Four pixels in a row as the six that they are after doubling."""
SUMS = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1]], dtype=torch.float64)
"""What doubling is on the way back."""
SLICE = 2**18
"""How many numbers, at least, are multiplied at a time: a row of tiles, of all channels, at 36 points."""


CHANNELS = range(64, 257)
"""Of the convolutions that gain: fewer make the transforms dearer than the products, and more gain a fiftieth of an
iteration for three times the memory, since the matrices are four times as large as the weights."""


class Convolution(nn.Module):
    """A frozen ``conv`` with its parameter names. Without its matrices it is torch's own."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.matrices: Tensor | None
        self.register_buffer("matrices", matrices(conv.weight), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.matrices is None:
            return F.conv2d(x, self.weight, self.bias, padding=1)
        return convolve(x, self.matrices, self.bias)


def fuse(model: nn.Module) -> None:
    """From now on the weights of ``model`` must not change."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d) and _gains(child):
                setattr(module, name, Convolution(child))


def _gains(conv: nn.Conv2d) -> bool:
    plain = conv.kernel_size == (3, 3) and conv.stride == conv.padding == conv.dilation == (1, 1) and conv.groups == 1
    return plain and conv.in_channels in CHANNELS and conv.out_channels in CHANNELS


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a convolution: ``into`` (36, tile²) takes square tiles of ``tile`` pixels a side, that begin every
    ``tile`` - 2 pixels, to the products, and ``out`` (made², 36) the products to tiles of ``made`` pixels a side."""

    into: Tensor
    out: Tensor

    @property
    def tile(self) -> int:
        return round(self.into.shape[1] ** 0.5)

    @property
    def made(self) -> int:
        return round(self.out.shape[0] ** 0.5)


@functools.cache
def ways(double: bool, device: torch.device) -> tuple[Way, Way]:
    """There and back. The gradient's convolution has the weights turned round, which is to turn its tiles."""

    def way(into: Tensor, out: Tensor) -> Way:
        return Way(*(torch.kron(one, one).float().to(device) for one in (into, out)))

    there = way(INPUT @ TWICE, OUTPUT) if double else way(INPUT, OUTPUT)
    turned, back = INPUT.flip(1), OUTPUT.flip(0)
    return there, way(turned, SUMS @ back) if double else way(turned, back)


def matrices(weight: Tensor) -> Tensor:
    """The matrices (36, c, o) that the tiles' values are multiplied by, of ``weight`` (o, c, 3, 3)."""
    points = WEIGHTS.to(weight.device)
    values = torch.einsum("ai,bj,ocij->abco", points, points, weight.double())
    return values.flatten(0, 1).float().contiguous()


def convolve(x: Tensor, matrices: Tensor, bias: Tensor | None, double: bool = False) -> Tensor:
    """The convolution, padded by one, of ``x`` (n, c, h, w), or of ``x`` with each pixel four times: (n, o, h', w').

    Differentiable in ``x`` alone; nothing but the weights is kept for the way back.
    """
    made: Tensor = _Convolution.apply(x, matrices, bias, *ways(double, x.device))  # type: ignore[no-untyped-call]
    return made


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrices: Tensor, bias: Tensor | None, there: Way, back: Way) -> Tensor:
        ctx.matrices, ctx.way = matrices, back
        return _convolved(x, matrices, bias, there)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return _convolved(grad, ctx.matrices.mT, None, ctx.way), None, None, None, None


def _convolved(x: Tensor, matrices: Tensor, bias: Tensor | None, way: Way) -> Tensor:
    n, _, h, w = x.shape
    _, c, o = matrices.shape
    step, q = way.tile - 2, way.made
    high, wide = -(-h // step), -(-w // step)
    rows = min(high, -(-SLICE // (36 * wide * max(c, o))))
    rows = -(-high // -(-high // rows))  # slices of equal height
    padded = x.new_zeros(step * rows + 2, step * wide + 2, c)
    cut, values = (x.new_empty(36 * rows * wide * max(c, o)) for _ in range(2))
    made = x.new_empty(n, high, q, wide, q, o)
    for pixels, picture in zip(x.permute(0, 2, 3, 1), made, strict=True):
        for first in range(0, high, rows):
            count = min(rows, high - first)
            _pad(padded, pixels, step * first - 1)
            _multiply(_tiles(padded, way.tile, count, wide), matrices, way, (cut, values))
            tiles = values[: q * q * count * wide * o].view(q, q, count, wide, o).permute(2, 0, 3, 1, 4)
            target = picture[first : first + count]
            target.copy_(tiles) if bias is None else torch.add(tiles, bias, out=target)
    whole = made.view(n, high * q, wide * q, o)[:, : h * q // step, : w * q // step]
    return whole.contiguous().permute(0, 3, 1, 2)


def _pad(padded: Tensor, pixels: Tensor, top: int) -> None:
    """``pixels`` (h, w, c) from row ``top`` into ``padded``, whose first column is their column -1; 0 outside."""
    h, w, _ = pixels.shape
    low, high = max(0, top), min(h, top + len(padded))
    padded[: low - top] = 0
    padded[high - top :] = 0
    padded[low - top : high - top, 1 : 1 + w] = pixels[low:high]


def _tiles(padded: Tensor, tile: int, count: int, wide: int) -> Tensor:
    """The overlapping tiles (tile, tile, count, wide, c) of ``padded``."""
    row, column, one = padded.stride()
    step = tile - 2
    shape = tile, tile, count, wide, padded.shape[-1]
    return padded.as_strided(shape, (row, column, step * row, step * column, one))


def _multiply(tiles: Tensor, matrices: Tensor, way: Way, rooms: tuple[Tensor, Tensor]) -> None:
    """Into the second of the rooms, (made², tiles, o), what the convolution makes of ``tiles``."""
    one, other = rooms
    squared, c, o = way.tile**2, *matrices.shape[1:]
    count = tiles.numel() // squared // c

    def part(room: Tensor, *shape: int) -> Tensor:
        return room[: shape[0] * shape[1]].view(shape)

    cut = part(one, squared, count * c)
    cut.view(tiles.shape).copy_(tiles)
    values = torch.mm(way.into, cut, out=part(other, 36, count * c)).view(36, count, c)
    products = torch.bmm(values, matrices, out=part(one, 36, count * o).view(36, count, o))
    torch.mm(way.out, products.view(36, count * o), out=part(other, len(way.out), count * o))
