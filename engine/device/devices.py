"""What the CPU and CUDA each ask for: the one place that tells devices apart.

It imports without torch: a part of it must be done before torch is loaded.
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
    """How an engine works on a kind of device.

    ``slots`` runs are at work at once, where nobody chose, and ``company`` is whether runs of any size gain by being
    stepped in one batch. ``threaded`` steps are the CPU's, and gain by its threads. A loss is read ``lag`` iterations
    after its own: the host then never waits for a device that still has work, and is never further ahead of it than
    that. ``pinned`` memory of the host is what a device copies from and to beside its work. ``sliced`` is
    whether layers of our own gain, which work in parts that fit a processor's cache, and ``products`` whether products
    gain by other ways than torch's own (:mod:`engine.layers.products`).
    """

    slots: int = 4
    company: bool = False
    threaded: bool = True
    lag: int = 0
    pinned: bool = False
    sliced: bool = True
    products: bool = True


WAYS: Mapping[str, Ways] = {
    "cpu": Ways(),
    "cuda": Ways(slots=8, company=True, threaded=False, lag=2, pinned=True, sliced=False, products=False),
}


def ways(device: torch.device) -> Ways:
    """Those of the device's kind; of the CPU for one that is not known."""
    return WAYS.get(device.type, WAYS["cpu"])


ENVIRONMENT: Mapping[str, str] = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "1000",
    "PYTORCH_ALLOC_CONF": "expandable_segments:True",  # since torch 2.9
    "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True",  # before
}
"""What torch and its OpenMP read as they load.

A thread that has done its part stays awake some 25 microseconds before it sleeps: the next part of a step mostly comes
sooner than it would wake. Threads that spun on, as is their default, would starve a shared machine. Segments of a
device's memory that can grow are its plan: runs of many sizes come and go, and blocks of fixed sizes would be left
between them that fit none.
"""


def prepare_process() -> None:
    """What must be settled before torch is loaded; what the operator has set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def prepare_memory(device: torch.device) -> None:
    """What is settled when the models are loaded."""
    if device.type == "cpu":
        keep_memory()


def keep_memory() -> None:
    """Let what one iteration frees serve the next; does nothing where the C library is not glibc.

    By itself malloc gives large blocks back to the kernel, which hands them out again page by page, zeroed: at 256 px
    that is hundreds of thousands of page faults in each iteration.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def choose(name: str) -> torch.device:
    """``auto`` is the first CUDA device, else the CPU. Raises :class:`ValueError` for a device that is not there."""
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
    """The names of the machine's other CUDA devices, where ``device`` is one."""
    import torch

    if device.type != "cuda":
        return ()
    return tuple(f"cuda:{i}" for i in range(torch.cuda.device_count()) if i != (device.index or 0))


def wait(device: torch.device) -> None:
    """Until the device has done all that it was given; a CPU has."""
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def describe(device: torch.device) -> str:
    """What an operator calls it."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def cores() -> int:
    """Cores that this process may use; containers and taskset count."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def placed(model: Model, device: torch.device) -> Model:
    """The model on the device, its convolutions in the memory format that they are fastest in, on a CPU too."""
    import torch

    return model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def free_memory() -> None:
    """Give back what torch keeps of a device's memory, after it ran out."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
