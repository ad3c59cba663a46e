"""3 × 3 convolutions with frozen weights by Winograd's F(4 × 4, 3 × 3): 36 products for 16 pixels instead of 144.

Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015). All of it is torch's matrix products, a few
rows of tiles at a time, so that what is between them stays in the processor's cache.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from engine.layers import fused

INTO = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
"""The paper's B^T: six pixels in a row as values at the points 0, 1, −1, 2, −2 and ∞."""
WEIGHTS = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
"""The paper's G: three weights in a row at the same points."""
OUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
"""The paper's A^T: from the six products back to four pixels."""
SLICE = 2**20
"""How many numbers, at least, are multiplied at a time: whole rows of tiles, of all channels, at 36 points."""
CHANNELS = range(128, 257)
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
    """Replace the convolutions of ``model`` that gain; from now on its weights must not change."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            enlarges = isinstance(module, fused.Upsample)  # in a way of its own
            if isinstance(child, nn.Conv2d) and _gains(child) and not enlarges:
                setattr(module, name, Convolution(child))


def _gains(conv: nn.Conv2d) -> bool:
    plain = conv.kernel_size == (3, 3) and conv.stride == conv.padding == conv.dilation == (1, 1) and conv.groups == 1
    return plain and conv.in_channels in CHANNELS and conv.out_channels in CHANNELS


def matrices(weight: Tensor) -> Tensor:
    """The matrices (36, c, o) that the tiles' values are multiplied by, of ``weight`` (o, c, 3, 3)."""
    points = torch.tensor(WEIGHTS, dtype=torch.float64, device=weight.device)
    values = torch.einsum("ai,bj,ocij->abco", points, points, weight.double())
    return values.flatten(0, 1).float().contiguous()


def convolve(x: Tensor, matrices: Tensor, bias: Tensor | None) -> Tensor:
    """The convolution, padded by one, of ``x`` (n, c, h, w): (n, o, h, w), channels last.

    Differentiable in ``x`` alone; nothing but the weights is kept for the way back.
    """
    made: Tensor = _Convolution.apply(x, matrices, bias)  # type: ignore[no-untyped-call]
    return made


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, matrices: Tensor, bias: Tensor | None) -> Tensor:
        ctx.matrices = matrices
        return _convolved(x, matrices, bias, *_transforms(x.device))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        """The same with channels exchanged and the weights turned round, which is to turn round the tiles."""
        transforms = _transforms(grad.device, turned=True)
        return _convolved(grad, ctx.matrices.mT, None, *transforms), None, None


@functools.cache
def _transforms(device: torch.device, turned: bool = False) -> tuple[Tensor, Tensor]:
    """(6, 6) and (4, 6): of tiles to what is multiplied, and of the products to tiles."""
    into, out = (torch.tensor(rows, dtype=torch.float32, device=device) for rows in (INTO, OUT))
    return (into.flip(1), out.flip(0)) if turned else (into, out)


def _convolved(x: Tensor, matrices: Tensor, bias: Tensor | None, into: Tensor, out: Tensor) -> Tensor:
    n, _, h, w = x.shape
    _, c, o = matrices.shape
    high, wide = -(-h // 4), -(-w // 4)
    rows = min(high, -(-SLICE // (36 * wide * max(c, o))))
    rows = -(-high // -(-high // rows))  # slices of equal height
    padded = x.new_zeros(4 * rows + 2, 4 * wide + 2, c)
    rooms = [x.new_empty(36 * rows * wide * max(c, o)) for _ in range(2)]
    made = x.new_empty(n, high, 4, wide, 4, o)
    for pixels, picture in zip(x.permute(0, 2, 3, 1), made, strict=True):
        for first in range(0, high, rows):
            target = picture[first : first + rows]
            _pad(padded, pixels, 4 * first - 1)
            values = _values(padded, into, len(target), rooms)
            products = torch.bmm(values, matrices, out=_part(rooms[1], 36, values.shape[1], o))
            tiles = _pixels(products, out, rooms).view(4, 4, len(target), wide, o).permute(2, 0, 3, 1, 4)
            target.copy_(tiles) if bias is None else torch.add(tiles, bias, out=target)
    whole = made.view(n, 4 * high, 4 * wide, o)[:, :h, :w]
    return whole.contiguous().permute(0, 3, 1, 2)


def _pad(padded: Tensor, pixels: Tensor, top: int) -> None:
    """``pixels`` (h, w, c) from row ``top`` into ``padded``, whose first column is their column -1; 0 outside."""
    h, w, _ = pixels.shape
    low, high = max(0, top), min(h, top + len(padded))
    padded[: low - top] = 0
    padded[high - top :] = 0
    padded[low - top : high - top, 1 : 1 + w] = pixels[low:high]


def _values(padded: Tensor, into: Tensor, count: int, rooms: list[Tensor]) -> Tensor:
    """What is multiplied, (36, tiles, c), of ``count`` rows of overlapping tiles in ``padded``: first each column of
    six pixels is transformed, then each row. It lies in the first of the rooms."""
    one, other = rooms
    across, c = padded.shape[1:]
    row, wide = across * c, across // 4
    columns = _part(one, count, 6, row)
    torch.bmm(into.expand(count, 6, 6), padded.as_strided((count, 6, row), (4 * row, row, 1)), out=columns)
    cut = _part(other, 6, 6, count * wide * c)
    cut.view(6, 6, count, wide, c).copy_(columns.as_strided((6, 6, count, wide, c), (row, c, 6 * row, 4 * c, 1)))
    return torch.bmm(into.expand(6, 6, 6), cut, out=_part(one, 6, 6, count * wide * c)).view(36, count * wide, c)


def _pixels(products: Tensor, out: Tensor, rooms: list[Tensor]) -> Tensor:
    """The tiles of 4 × 4 pixels, (4, 4, tiles · o), of ``products`` (36, tiles, o). They lie in the second room."""
    one, other = rooms
    size = products[0].numel()
    columns = torch.mm(out, products.view(6, 6 * size), out=_part(one, 4, 6 * size)).view(4, 6, size)
    return torch.bmm(out.expand(4, 4, 6), columns, out=_part(other, 4, 4, size))


def _part(room: Tensor, *shape: int) -> Tensor:
    return room[: math.prod(shape)].view(shape)
