"""Split the time of a step into phases by hooks on the models, alike for the engine and the yardstick."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

PHASES = ("decode", "warp", "perceptor", "optimiser")
"""Forward and backward together: z to picture, picture to cutouts, cutouts to embeddings, and all else."""


class Phases:
    """Seconds by phase. Each mark ends the phase that began at the mark before.

    ``optimiser`` is the rest: looking up codes, the loss, the descent.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._device = device
        self._last = 0.0

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()

    def mark(self, phase: str) -> None:
        """Count the time since the last mark as ``phase``."""
        now = self._now()
        self.seconds[phase] += now - self._last
        self._last = now

    def step(self, step: Callable[[], object]) -> None:
        """Run one step and add its phases."""
        self._last = self._now()
        step()
        self.mark("optimiser")

    @contextmanager
    def watching(self, decoder: nn.Module, perceptors: Sequence[nn.Module]) -> Iterator[Phases]:
        """Hook the models for as long as the context lasts."""
        hooks = self._on(decoder, before="optimiser", phase="decode", after="warp")
        for perceptor in perceptors:
            hooks += self._on(perceptor, before="warp", phase="perceptor", after="optimiser")
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _on(self, model: nn.Module, *, before: str, phase: str, after: str) -> list[Any]:
        """Mark where a model begins and ends, and on the way back where its gradients arrive."""

        def begins(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            self.mark(before)
            self._when_back(inputs[0], phase)

        def ends(_: nn.Module, __: object, output: Tensor) -> None:
            self.mark(phase)
            self._when_back(output, after)

        return [model.register_forward_pre_hook(begins), model.register_forward_hook(ends)]

    def _when_back(self, tensor: Tensor, phase: str) -> None:
        if tensor.requires_grad:
            tensor.register_hook(lambda _: self.mark(phase))
