"""Gradients through the two steps that have none: choosing a code and clamping a colour (001 §2.1)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.vqgan import VQGAN


def quantize(z: Tensor, generator: VQGAN) -> Tensor:
    """z_q (n, e, h, w): every cell of ``z`` replaced by its nearest code; the gradient passes straight through."""
    z_q = generator.look_up(generator.nearest_codes(z.detach()))
    return z + (z_q - z).detach()


class _ClampWithGrad(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,), (grad,) = ctx.saved_tensors, grads
        # Keep a gradient outside the range only where a descent step would move x back inside.
        kept: Tensor = grad * (grad * (x - x.clamp(0, 1)) >= 0)
        return kept


def clamp_with_grad(x: Tensor) -> Tensor:
    """``x`` clamped to [0, 1], with the gradient kept where it pulls back into the range."""
    clamped: Tensor = _ClampWithGrad.apply(x)  # type: ignore[no-untyped-call]
    return clamped


def random_codes(generator: VQGAN, height: int, width: int, rng: torch.Generator) -> Tensor:
    """z (1, e, height, width) of one random code per cell: the paper's start of a picture from nothing."""
    codes = torch.randint(len(generator.codebook), (1, height, width), generator=rng)
    return generator.look_up(codes.to(generator.codebook.device)).clone()


def mean_code(generator: VQGAN, height: int, width: int) -> Tensor:
    """z (1, e, height, width) of the mean code everywhere: a start without texture."""
    return generator.codebook.mean(0).view(1, -1, 1, 1).expand(1, -1, height, width)


def add_noise(z: Tensor, level: float, generator: VQGAN, rng: torch.Generator) -> Tensor:
    """``z`` plus Gaussian noise of ``level`` codebook deviations, drawn on the CPU."""
    return z + level * codebook_scale(generator) * torch.randn(z.shape, generator=rng).to(z)


def codebook_scale(generator: VQGAN) -> float:
    """The standard deviation of the codes around their mean, over all channels: the unit of relative step sizes."""
    codes = generator.codebook.detach()
    return float((codes - codes.mean(0)).square().mean().sqrt())


STARTS = ("random", "mean", "learned")
"""Names of the ways to begin without an init image; :meth:`engine.run.Run` makes them."""
