"""The engine process: the loop at one end of a duplex pipe.

This module imports without torch, because the bot imports it to spawn the child; torch is imported in
:func:`main`, which only the child runs.
"""

from __future__ import annotations

import ctypes
import logging
import os
import queue
import signal
import threading
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from engine.messages import Command, Event, Failure, Progress, Ready, RunFailed, Shutdown

if TYPE_CHECKING:
    import torch

    from engine.bundles import Bundle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What an engine process is started with. ``threads`` and ``slots`` of 0 mean: choose for the device.

    On a CPU the threads are then measured at the first start (:mod:`engine.threads`). ``memory`` are the bytes that
    runs may take beside the models; 0: what is free.
    """

    bundles: tuple[str, ...] = ("starter",)
    weights_dir: str = "weights"
    device: str = "auto"
    threads: int = 0
    slots: int = 0
    memory: int = 0
    log_level: str = "WARNING"


class Outbox:
    """Events waiting to be written, in order, by a thread of their own.

    A :class:`Progress` that was not yet written is replaced by the run's next one (and leaves it its picture), so a
    slow reader costs neither memory nor engine time. Nothing else is ever dropped.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events: list[Event] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="engine-outbox", daemon=True)
        self._thread.start()

    def send(self, event: Event) -> None:
        """Queue ``event``."""
        with self._changed:
            if isinstance(event, Progress):
                event = self._supersede(event)
            self._events.append(event)
            self._changed.notify()

    def _supersede(self, event: Progress) -> Progress:
        for i, waiting in enumerate(self._events):
            if isinstance(waiting, Progress) and waiting.job_id == event.job_id:
                del self._events[i]
                if event.image is None:
                    event = replace(event, image=waiting.image, unsafe=waiting.unsafe)
                return event
        return event

    def close(self, timeout: float = 5.0) -> None:
        """Write what is waiting, for at most ``timeout`` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._closed)
                if not self._events:
                    return
                event = self._events.pop(0)
            try:
                self._connection.send(event)
            except OSError:  # the parent is gone; the inbox ends the process
                return


def main(connection: Connection, settings: EngineSettings) -> None:
    """The child's entry: load the bundles, say :class:`Ready`, serve until Shutdown or until the parent is gone."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read as torch loads: spinning threads starve a shared machine
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s engine: %(message)s")
    from engine.loop import Loop
    from engine.memory import Memory

    outbox = Outbox(connection)
    try:
        bundles, ready = _load(settings)
    except Exception as error:
        log.error("the engine cannot start: %s", error, exc_info=log.isEnabledFor(logging.DEBUG))
        outbox.send(RunFailed(job_id=0, reason=Failure.INTERNAL, detail=f"The engine cannot start: {error}"))
        outbox.close()
        raise SystemExit(1) from None
    commands: queue.Queue[Command] = queue.Queue()
    threading.Thread(target=_read, args=(connection, commands), name="engine-inbox", daemon=True).start()
    outbox.send(ready)
    Loop(bundles, outbox.send, Memory(settings.memory) if settings.memory else None).serve(commands)
    outbox.close()


M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_memory() -> None:
    """Let what one iteration frees serve the next; does nothing where the C library is not glibc.

    By itself malloc gives large blocks back to the kernel, which hands them out again page by page, zeroed: at 256 px
    that is hundreds of thousands of page faults in each iteration.
    """
    if (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def _read(connection: Connection, commands: queue.Queue[Command]) -> None:
    """Move commands from the pipe to the queue; a parent that died counts as Shutdown."""
    try:
        while True:
            commands.put(connection.recv())
    except (EOFError, OSError):
        commands.put(Shutdown())


def _load(settings: EngineSettings) -> tuple[dict[str, Bundle], Ready]:
    import torch

    from engine import bundles, threads

    device, cores, folder = choose_device(settings.device), settings.threads or _cores(), Path(settings.weights_dir)
    torch.set_num_threads(cores)
    loaded = {name: bundles.load(name, folder, device) for name in settings.bundles}
    chosen = cores
    if device.type == "cpu":
        keep_memory()
        chosen = settings.threads or threads.default(loaded[settings.bundles[0]], cores, folder)
    ready = Ready(
        device=_describe(device),
        bundles=tuple(bundle.info() for bundle in loaded.values()),
        threads=chosen,
        cores=cores,
        slots=settings.slots or (8 if device.type == "cuda" else 4),
    )
    return loaded, ready


def _cores() -> int:
    """Cores that this process may use; containers and taskset count."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_device(name: str) -> torch.device:
    """``auto`` is the first CUDA device, else the CPU. Raises :class:`ValueError` for a device that is not there."""
    import torch

    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"[engine].device is {name!r} but this machine has no usable CUDA device. Use auto or cpu.")
    return device


def _describe(device: torch.device) -> str:
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
