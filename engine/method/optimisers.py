"""Optimisers by name. All take the learning rate and Adam's two βs."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

OPTIMISERS: Mapping[str, Callable[[Tensor, float, tuple[float, float]], Optimizer]] = {
    "adam": lambda z, rate, betas: torch.optim.Adam([z], lr=rate, betas=betas),
    "adamw": lambda z, rate, betas: torch.optim.AdamW([z], lr=rate, betas=betas),
    "nadam": lambda z, rate, betas: torch.optim.NAdam([z], lr=rate, betas=betas),
}


class Average:
    """The exponential moving average of z over a run, so that the picture does not jitter.

    ``decay`` is below 1. In the first 1 / (1 − decay) iterations it is their plain mean. ``value`` is None before them.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.value: Tensor | None = None

    def add(self, z: Tensor, iteration: int) -> None:
        """Take in ``z`` as it is after the 1-based ``iteration``."""
        if self.value is None:
            self.value = z.detach().clone()
        else:
            self.value.lerp_(z.detach(), 1 - min(self.decay, 1 - 1 / iteration))


class Plateau:
    """Tells that the smoothed loss has found no new best for ``patience`` iterations; 0 never tells."""

    SMOOTHING = 0.9
    LEAST = 1e-3  # a new best is lower by this part; else noise would always find one

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.reset()

    def reset(self) -> None:
        """Begin anew, because the targets have changed."""
        self.smoothed, self.best, self.since = float("nan"), float("inf"), 0

    def add(self, loss: float) -> None:
        """Take in the loss of one more iteration."""
        first = self.smoothed != self.smoothed
        self.smoothed = loss if first else self.SMOOTHING * self.smoothed + (1 - self.SMOOTHING) * loss
        if self.best == float("inf") or self.smoothed < self.best - self.LEAST * abs(self.best):
            self.best, self.since = self.smoothed, 0
        else:
            self.since += 1

    @property
    def reached(self) -> bool:
        return 0 < self.patience <= self.since
