"""Copy between host and device without waiting: numbers in one packed copy, results when they have arrived."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.device import devices


class Arriving:
    """A tensor that is being copied from its device to the host. Nobody may write to ``tensor`` any more."""

    def __init__(self, tensor: Tensor) -> None:
        self._copy = tensor.detach().to("cpu", non_blocking=True)  # of CUDA, into pinned memory
        self._there: torch.cuda.Event | None = None
        if tensor.device.type == "cuda":
            self._there = torch.cuda.Event()
            self._there.record(torch.cuda.current_stream(tensor.device))

    def get(self) -> Tensor:
        """Wait for the copy and return it. Any thread may call this."""
        if self._there is not None:
            self._there.synchronize()
        return self._copy


def to_device(tensors: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Return float ``tensors`` of the host on ``device``, copied in one piece without waiting."""
    if device.type == "cpu" or not tensors:
        return list(tensors)
    packed = torch.cat([tensor.flatten() for tensor in tensors])
    if devices.ways(device).pinned:
        packed = packed.pin_memory()
    parts = packed.to(device, non_blocking=True).split([tensor.numel() for tensor in tensors])
    return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
