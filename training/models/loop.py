"""Train any model within a time budget, with a log and checkpoints to resume from."""

import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch

from training.files import written_whole
from training.models import plot

log = logging.getLogger(__name__)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Training(ABC):
    """A model with its optimiser, one step at a time."""

    model: torch.nn.Module
    optimiser: torch.optim.Optimizer
    rate: float  # the learning rate, before its schedule
    most: float = 1.0  # a longer gradient of the model is shortened to this norm
    parts: tuple[str, ...] = ("model", "optimiser")  # the attributes with a `state_dict`

    @abstractmethod
    def step(self, number: int, progress: float) -> Mapping[str, float]:
        """Train on batch `number`; `progress` is the part of the time budget used, 0 to 1."""

    def descend(self, loss: torch.Tensor, progress: float) -> None:
        """Take a step of the optimiser down the gradient of `loss`."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * warm_cosine(progress)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.most)
        self.optimiser.step()

    def state(self) -> dict[str, Any]:
        """Return everything that resuming needs."""
        return {part: getattr(self, part).state_dict() for part in self.parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from an earlier `state`."""
        for part in self.parts:
            getattr(self, part).load_state_dict(state[part])


def warm_cosine(progress: float, warm: float = 0.03) -> float:
    """Return the learning rate's factor: a linear warm-up, then half a cosine down to 1 %."""
    if progress < warm:
        return max(0.01, progress / warm)
    t = min(1.0, (progress - warm) / (1 - warm))
    return 0.01 + 0.99 * (1 + math.cos(math.pi * t)) / 2


@cache
def bf16_is_faster() -> bool:
    """Measure whether this device multiplies faster in bfloat16; a CPU without instructions for it is slower."""
    best = {dtype: math.inf for dtype in (torch.float32, torch.bfloat16)}
    for dtype in [*best] * 5:
        x = torch.ones(512, 512, dtype=dtype, device=DEVICE)
        began = time.perf_counter()
        (x @ x).sum().item()
        best[dtype] = min(best[dtype], time.perf_counter() - began)
    return best[torch.bfloat16] < best[torch.float32]


def autocast() -> torch.autocast:
    """Compute a forward pass in bfloat16 if that is faster here, else in float32."""
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=bf16_is_faster())


@torch.no_grad()
def follow(average: dict[str, torch.Tensor], model: torch.nn.Module, decay: float) -> None:
    """Move the averaged weights, in place, towards those of the model."""
    for name, weight in model.state_dict().items():
        if weight.is_floating_point():
            average[name].lerp_(weight, 1 - decay)
        else:
            average[name].copy_(weight)


def clock() -> float:
    """Return seconds of training: CPU seconds on a CPU, so that other work beside it changes no result."""
    return time.monotonic() if DEVICE.type == "cuda" else time.process_time()


def run(
    training: Training, path: Path, minutes: float, *, until: float = 1.0, save_every: float = 60,
    log_every: float = 20, max_steps: int | None = None,
) -> int:  # fmt: skip
    """Train until `minutes` of training time are used, those of earlier runs from `path` included; return the steps.

    With `until` below 1, training stops at that part of the time, and a later call goes on. The checkpoint `path` is
    written every `save_every` seconds and at the end. It holds all logged numbers; their curves are drawn beside it.
    """
    number, seconds = 0, 0.0
    history: list[plot.Point] = []
    if path.exists():
        saved = torch.load(path, weights_only=True, map_location=DEVICE)
        number, seconds, history = saved["number"], saved["seconds"], saved.get("history", [])
        training.restore(saved["training"])
        log.info("resumed at step %d after %.0f s", number, seconds)
    started = last_save = last_log = clock()
    before = seconds
    while seconds < 60 * minutes * until and number != max_steps:
        numbers = training.step(number, seconds / (60 * minutes))
        number += 1
        now = clock()
        seconds = before + now - started
        if now - last_log > log_every or number == 1:
            last_log = now
            history.append((number, seconds, dict(numbers)))
            log.info("step %d, %.0f s: %s", number, seconds, ", ".join(f"{k} {v:.4f}" for k, v in numbers.items()))
        if now - last_save > save_every:
            last_save = now
            save(path, training, number, seconds, history)
            started += clock() - now  # no training
    save(path, training, number, seconds, history)
    return number


def save(path: Path, training: Training, number: int, seconds: float, history: list[plot.Point]) -> None:
    """Write a checkpoint and the curves so far."""
    with written_whole(path) as part:
        torch.save({"number": number, "seconds": seconds, "history": history, "training": training.state()}, part)
    plot.draw(history, path.with_suffix(".png"))
