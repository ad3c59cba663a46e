"""What both trainings share: a time budget, a learning rate over it, a log, and checkpoints to resume from."""

import logging
import math
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch

from training.models import plot

log = logging.getLogger(__name__)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
"""Where everything is trained."""


class Training(Protocol):
    """A model with its optimiser, one step at a time."""

    def step(self, number: int, progress: float) -> Mapping[str, float]:
        """Train on batch `number`; `progress` is the part of the time budget used, 0 to 1."""

    def state(self) -> dict[str, Any]:
        """All that resuming needs."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from an earlier `state`."""


def warm_cosine(progress: float, warm: float = 0.03) -> float:
    """The learning rate's factor: a linear warm-up, then half a cosine down to 1 % of it."""
    if progress < warm:
        return max(0.01, progress / warm)
    t = min(1.0, (progress - warm) / (1 - warm))
    return 0.01 + 0.99 * (1 + math.cos(math.pi * t)) / 2


@cache
def bf16_is_faster() -> bool:
    """Whether this device multiplies faster in bfloat16; a CPU without instructions for it takes twice as long."""
    best = {dtype: math.inf for dtype in (torch.float32, torch.bfloat16)}
    for dtype in [*best] * 5:
        x = torch.ones(512, 512, dtype=dtype, device=DEVICE)
        began = time.perf_counter()
        (x @ x).sum().item()
        best[dtype] = min(best[dtype], time.perf_counter() - began)
    return best[torch.bfloat16] < best[torch.float32]


def autocast() -> torch.autocast:
    """The arithmetic of a training's forward pass: bfloat16 where that is faster, else float32."""
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=bf16_is_faster())


def clock() -> float:
    """Seconds of training time: of this process on a CPU, so that other work beside it changes no result."""
    return time.monotonic() if DEVICE.type == "cuda" else time.process_time()


def run(
    training: Training, path: Path, minutes: float, *, until: float = 1.0, save_every: float = 60,
    log_every: float = 20, max_steps: int | None = None,
) -> int:  # fmt: skip
    """Train until `minutes` of training time are used, earlier runs from `path` counted in; return the steps.

    With `until` below 1 it stops when that part of the time is used, and a later call goes on. The checkpoint `path`
    is replaced atomically every `save_every` seconds and at the end, so that a killed run loses at most that much. It
    holds all logged numbers too, and their curves are drawn beside it.
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
    """Write a checkpoint in one piece, and the curves until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save({"number": number, "seconds": seconds, "history": history, "training": training.state()}, part)
    part.replace(path)
    plot.draw(history, path.with_suffix(".png"))
