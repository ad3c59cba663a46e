"""Compute a perceptor's matrix products by torch's own functions, or on a CPU by faster ways to the same numbers."""

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.device import devices

ONEDNN = torch.backends.mkldnn.is_available()
FEW = 256  # most tokens whose attention matrices may be kept for the backward pass


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x`` (…, c) times the transposed ``weight`` (o, c), plus ``bias`` (o,): (…, o), contiguous.

    In float32 on a CPU it is a 1 × 1 convolution by oneDNN, which uses the widest instructions of every processor.
    torch's own product is MKL's, which uses those of half the width on AMD.
    """
    rows = x.reshape(-1, x.shape[-1])
    if not (_own_ways(x) and ONEDNN and x.dtype == torch.float32):
        return F.linear(rows, weight, bias).view(*x.shape[:-1], -1)
    image = rows.view(1, 1, *rows.shape).permute(0, 3, 1, 2)  # channels last
    made = F.conv2d(image, weight[:, :, None, None], bias)
    return made.permute(0, 2, 3, 1).contiguous().view(*x.shape[:-1], -1)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Return softmax(q·kᵀ)·v of ``q`` (n, heads, m, d), ``k`` and ``v`` (n, heads, l, d): (n, heads, m, d).

    On a CPU and for few tokens it is computed as two products, because the backward pass of torch's own attention
    takes several times as long.
    """
    if not (_own_ways(q) and k.shape[-2] <= FEW):
        return F.scaled_dot_product_attention(q, k, v, scale=1.0)
    return (q @ k.transpose(-1, -2)).softmax(-1) @ v


def _own_ways(x: Tensor) -> bool:
    return devices.ways(x.device).products
