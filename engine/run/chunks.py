"""Look at a few cutouts at a time if all of them do not fit into memory.

Their gradients are gathered at the picture and go back through the decoder once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.method import cutouts
from engine.run.run import Run

Distances = Callable[[Sequence[Run], Sequence[cutouts.Draw], Tensor], list[Tensor]]
"""Return the mean loss over the cutouts of each run, from pictures (n, 3, H, W)."""


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, values: Tensor, gradients: Tensor) -> Tensor:
        ctx.save_for_backward(gradients)
        return values.clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradients,), (grad,) = ctx.saved_tensors, grads
        return gradients * grad.view(-1, 1, 1, 1), None, None


def gathered(
    distances: Distances, runs: Sequence[Run], draws: Sequence[cutouts.Draw], images: Tensor, chunk: int
) -> list[Tensor]:
    """Return the ``distances`` of all cutouts, from at most ``chunk`` of each run at a time.

    The chunks' means are weighted by their lengths, so the result is the same except for rounding.
    """
    counts = [len(drawn.noise) for drawn in draws]
    seen = images.detach().requires_grad_()
    values = images.new_zeros(len(runs))
    for first in range(0, max(counts), chunk):
        mine = [i for i, count in enumerate(counts) if first < count]
        parts = [cutouts.part(draws[i], first, first + chunk) for i in mine]
        means = distances([runs[i] for i in mine], parts, torch.stack([seen[i] for i in mine]))
        weighed = [mean * (len(part.noise) / counts[i]) for i, part, mean in zip(mine, parts, means, strict=True)]
        torch.stack(weighed).sum().backward()
        for i, value in zip(mine, weighed, strict=True):
            values[i] += value.detach()
    assert seen.grad is not None
    return list(_Gathered.apply(images, values, seen.grad).unbind())  # type: ignore[no-untyped-call]
