"""A perceptor's matrix products: torch's own, or on a CPU the ways that take less time there for the same numbers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.device import devices

ONEDNN = torch.backends.mkldnn.is_available()
FEW = 256
"""Tokens whose matrices of attention may be kept for the way back: of more they would outweigh all else kept."""


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``x`` (…, c) times the transposed ``weight`` (o, c), plus ``bias`` (o,): (…, o), contiguous.

    In float32 on a CPU it is a 1 × 1 convolution: oneDNN's, which has the widest instructions of every processor, where
    torch's product is MKL's, which on AMD's has those of half the width.
    """
    rows = x.reshape(-1, x.shape[-1])
    if not (_own_ways(x) and ONEDNN and x.dtype == torch.float32):
        return F.linear(rows, weight, bias).view(*x.shape[:-1], -1)
    image = rows.view(1, 1, *rows.shape).permute(0, 3, 1, 2)  # channels last
    made = F.conv2d(image, weight[:, :, None, None], bias)
    return made.permute(0, 2, 3, 1).contiguous().view(*x.shape[:-1], -1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q·kᵀ)·v of ``q`` (n, heads, m, d), ``k`` and ``v`` (n, heads, l, d): (n, heads, m, d).

    On a CPU and for few tokens it is that formula's two products, since the way back through torch's own attention
    takes several times as long.
    """
    if not (_own_ways(q) and k.shape[-2] <= FEW):
        return F.scaled_dot_product_attention(q, k, v, scale=1.0)
    return (q @ k.transpose(-1, -2)).softmax(-1) @ v


def _own_ways(x: Tensor) -> bool:
    return devices.ways(x.device).products
