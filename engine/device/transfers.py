"""Copy between host and device without waiting: numbers in one packed copy, results when they have arrived."""

from collections import deque
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


class Readings:
    """Losses under way. Each is read the device's ``lag`` of iterations later, when it has arrived."""

    def __init__(self, device: torch.device) -> None:
        self._lag = devices.ways(device).lag
        self._under_way: deque[tuple[int, Arriving]] = deque()

    def add(self, iteration: int, loss: Tensor) -> list[tuple[int, float]]:
        """Take the loss of ``iteration``, a scalar; return those that are due, as (iteration, loss), in order."""
        self._under_way.append((iteration, Arriving(loss)))
        return self._due(self._lag)

    def rest(self) -> list[tuple[int, float]]:
        """Wait for all that are still under way and return them."""
        return self._due(0)

    def _due(self, lag: int) -> list[tuple[int, float]]:
        due = list[tuple[int, float]]()
        while len(self._under_way) > lag:
            iteration, loss = self._under_way.popleft()
            due.append((iteration, float(loss.get())))
        return due
