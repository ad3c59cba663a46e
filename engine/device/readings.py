"""Read losses from the device without waiting for it."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from engine.device import devices
from engine.device.transfers import Arriving


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
