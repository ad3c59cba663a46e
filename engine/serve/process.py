"""The engine process: the loop at one end of a duplex pipe.

This module imports without torch, because the bot imports it to spawn the child; torch is imported in
:func:`main`, which only the child runs.
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from engine.device import devices
from engine.messages import BundleInfo, Command, Failure, Precision, Ready, RunFailed, Shutdown

if TYPE_CHECKING:
    from engine.bundles.bundles import Bundle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """The settings of an engine process. What nobody chose, :mod:`engine.serve.tuning` measures at the first start."""

    bundles: tuple[str, ...] = ("starter",)
    weights_dir: str = "weights"
    device: str = "auto"
    threads: int = 0  # 0 chooses for the device
    slots: int = 0  # 0 chooses for the device
    memory: int = 0  # bytes for runs beside the models; 0 takes what is free
    precision: Precision | None = None  # None measures each bundle's
    log_level: str = "WARNING"


def main(connection: Connection, settings: EngineSettings) -> None:
    """Run the child process: load the bundles, send :class:`Ready`, serve until Shutdown or the parent's death."""
    devices.prepare_process()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s engine: %(message)s")
    from engine.serve.loop import Loop
    from engine.serve.memory import StepMemory
    from engine.serve.outbox import Outbox

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
    memory = StepMemory(settings.memory) if settings.memory else None
    Loop(bundles, outbox.send, memory, send_pictured=outbox.send).serve(commands)
    outbox.close()


def _read(connection: Connection, commands: queue.Queue[Command]) -> None:
    """Move commands from the pipe to the queue; a parent that died counts as Shutdown."""
    try:
        while True:
            commands.put(connection.recv())
    except (EOFError, OSError):
        commands.put(Shutdown())


def _load(settings: EngineSettings) -> tuple[dict[str, Bundle], Ready]:
    import torch

    from engine.bundles import bundles
    from engine.serve import tuning

    device, folder = devices.choose(settings.device), Path(settings.weights_dir)
    cores = settings.threads or devices.cores()
    torch.set_num_threads(cores)
    loaded = {name: bundles.load(name, folder, device) for name in settings.bundles}
    devices.prepare_memory(device)
    chosen = settings.threads or cores
    if not settings.threads and devices.ways(device).threaded:
        chosen = tuning.threads(loaded[settings.bundles[0]], cores, folder)

    def info(bundle: Bundle) -> BundleInfo:
        precision = settings.precision or tuning.precision(bundle, chosen, folder)
        return replace(bundle.info(), precision=precision)

    ready = Ready(
        device=devices.describe(device),
        bundles=tuple(map(info, loaded.values())),
        threads=chosen,
        cores=cores,
        slots=settings.slots or devices.ways(device).slots,
        others=devices.others(device) if settings.device == "auto" else (),
    )
    return loaded, ready
