"""Losses on their way from the device to the host."""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor

from engine.device import devices
from engine.device.transfers import Arriving


class Readings:
    """Each loss is read the device's ``lag`` of iterations after its own: it has arrived, and nobody waits for it."""

    def __init__(self, device: torch.device) -> None:
        self._lag = devices.ways(device).lag
        self._under_way: deque[tuple[int, Arriving]] = deque()

    def add(self, iteration: int, loss: Tensor) -> list[tuple[int, float]]:
        """Take in the loss of ``iteration``, a scalar; those that are due, with their iterations, oldest first."""
        self._under_way.append((iteration, Arriving(loss)))
        return self._due(self._lag)

    def rest(self) -> list[tuple[int, float]]:
        """All that are still under way."""
        return self._due(0)

    def _due(self, lag: int) -> list[tuple[int, float]]:
        due = list[tuple[int, float]]()
        while len(self._under_way) > lag:
            iteration, loss = self._under_way.popleft()
            due.append((iteration, float(loss.get())))
        return due
