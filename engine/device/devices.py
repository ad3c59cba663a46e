"""Devices: the only place that tells the CPU from CUDA.

This module imports without torch, because :func:`prepare_process` must run before torch is loaded.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch
    from torch import nn

    Model = TypeVar("Model", bound=nn.Module)

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Say how an engine works on a kind of device."""

    slots: int = 4  # runs at work at once, unless somebody chose
    company: bool = False  # runs of any size gain by being stepped in one batch
    threaded: bool = True  # steps gain by threads
    lag: int = 0  # iterations after which a loss is read, so that the host does not wait for the device
    pinned: bool = False  # copies beside the device's work need pinned memory
    sliced: bool = True  # norms gain by slices that fit a processor's cache (engine.layers.norms)
    products: bool = True  # products gain by other ways than torch's own (engine.layers.products)


WAYS: Mapping[str, Ways] = {
    "cpu": Ways(),
    "cuda": Ways(slots=8, company=True, threaded=False, lag=2, pinned=True, sliced=False, products=False),
}


def ways(device: torch.device) -> Ways:
    """Return the ways of the device's kind, or the CPU's if the kind is unknown."""
    return WAYS.get(device.type, WAYS["cpu"])


ENVIRONMENT: Mapping[str, str] = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "1000",
    "PYTORCH_ALLOC_CONF": "expandable_segments:True",  # since torch 2.9
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",  # before
}
"""Variables that torch and its OpenMP read as they load.

A thread that has done its part stays awake for some 25 microseconds, because the next part of a step mostly comes
sooner. By default it would spin on and starve a shared machine. Memory segments of a GPU can grow, because runs of many
sizes come and go and would leave gaps between fixed segments.
"""


def prepare_process() -> None:
    """Set :data:`ENVIRONMENT` before torch is loaded; what the operator has set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def prepare_memory(device: torch.device) -> None:
    """Prepare the memory of ``device`` after the models are loaded."""
    if device.type == "cpu":
        keep_memory()


def keep_memory() -> None:
    """Let each iteration reuse the memory of the one before; do nothing if the C library is not glibc.

    By default malloc returns large blocks to the kernel, which zeroes them page by page when it hands them out again.
    At 256 px that is hundreds of thousands of page faults in each iteration.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def choose(name: str) -> torch.device:
    """Return the device ``name``; ``auto`` is the first CUDA device, or else the CPU.

    Raises :class:`ValueError` if the machine has no such device.
    """
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda:0" if there else "cpu")
    device = torch.device(name)
    if device.type != "cuda" or (device.index or 0) < there:
        return device
    seen = f"has {there} CUDA device{'s' if there > 1 else ''}" if there else "has no usable CUDA device"
    raise ValueError(f"[engine].device is {name!r} but this machine {seen}. Use auto or cpu.")


def others(device: torch.device) -> tuple[str, ...]:
    """Return the names of the machine's other CUDA devices if ``device`` is one."""
    import torch

    if device.type != "cuda":
        return ()
    return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()) if i != (device.index or 0))


def wait(device: torch.device) -> None:
    """Wait until a GPU has done all of its work; a CPU has no work left."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def describe(device: torch.device) -> str:
    """Return the device's name for an operator."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def cores() -> int:
    """Return how many cores this process may use, within its container and its affinity."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def placed(model: Model, device: torch.device) -> Model:
    """Return the model on the device, in channels-last format, in which convolutions are fastest on a CPU too."""
    import torch

    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def free_memory() -> None:
    """Return the memory that torch caches to the GPU, after it ran out."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
