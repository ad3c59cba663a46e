"""The real engine's loop on the tests' small models in a thread of this process: no spawn, no second load of torch."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import torch

from engine.bundles import bundles
from engine.messages import Answer, Command, Event, Ready, RunEvent, Shutdown
from engine.serve.loop import Loop


@cache
def loaded(weights_dir: Path) -> bundles.Bundle:
    return bundles.load("starter", weights_dir, torch.device("cpu"))


class ThreadEngineClient:
    """What :class:`bot.engines.client.ProcessEngineClient` does, without the process."""

    def __init__(self, settings: Any, ready_timeout: float = 0) -> None:
        self.bundle = loaded(Path(settings.weights_dir).resolve())
        self.commands: queue.Queue[Command] = queue.Queue()
        self.received: asyncio.Queue[Event] = asyncio.Queue()

    async def start(self) -> Ready:
        here = asyncio.get_running_loop()

        def send(event: Event) -> None:
            here.call_soon_threadsafe(self.received.put_nowait, event)

        loop = Loop({"starter": self.bundle}, send)
        self.thread = threading.Thread(target=loop.serve, args=(self.commands,), daemon=True)
        self.thread.start()
        return Ready(device="cpu", bundles=(self.bundle.info(),), threads=1)

    async def send(self, command: Command) -> None:
        self.commands.put(command)

    async def events(self) -> AsyncIterator[RunEvent | Answer]:
        while True:
            event = await self.received.get()
            assert not isinstance(event, Ready)
            yield event

    async def close(self, *, gently: bool = True) -> None:
        self.commands.put(Shutdown())
        await asyncio.to_thread(self.thread.join)
