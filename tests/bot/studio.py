"""A dispatcher on its stage: a watching observer before it, spawned engines behind it."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bot.config import EngineSection
from bot.domain.job import Job, NewJob, State
from bot.engines.client import ProcessEngineClient, Target
from bot.engines.dispatcher import Backoff, Dispatcher
from bot.images.uploads import digest
from bot.jobs.files import Files
from bot.jobs.inputs import Inputs
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from engine.messages import Progress, RunStarted, Spec
from engine.serve.process import EngineSettings
from tests.bot import engine_children as children

PATIENCE_S = 120.0  # a busy machine takes long over little
FAST = Backoff(first=0.02, longest=0.1)
SPEC = Spec(prompt="a red car", bundle="starter", width=32, height=32, iterations=12, seed=7)


class Channel:
    """An observer that remembers what it was told, and the final pictures that it posted, as Discord would."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.places: list[tuple[int, int]] = []
        self.details: dict[int, str] = {}
        self.posted: dict[int, bytes] = {}
        self.posts = 0
        self.frames: dict[int, list[int]] = {}
        self.changed = asyncio.Condition()
        self.troubles: list[Exception] = []  # raised one by one, after the picture is there

    async def note(self, call: str, job: Job) -> None:
        async with self.changed:
            self.calls.append((call, job.id))
            self.changed.notify_all()

    async def until(self, met: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(met)

    async def told(self, call: str, job_id: int) -> None:
        await self.until(lambda: (call, job_id) in self.calls)

    async def queued(self, job: Job, position: int) -> None:
        self.places.append((job.id, position))
        await self.note("queued", job)

    async def started(self, job: Job, event: RunStarted) -> None:
        await self.note("started", job)

    async def progressed(self, job: Job, event: Progress) -> None:
        self.frames.setdefault(job.id, []).append(event.iteration)
        await self.note("progressed", job)

    async def deliver(self, job: Job, png: bytes, region: bytes | None = None) -> int:
        if job.id not in self.posted:
            self.posted[job.id] = png
            self.posts += 1
        if self.troubles:
            raise self.troubles.pop(0)
        await self.note("delivered", job)
        return 1000 + job.id

    async def failed(self, job: Job, detail: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.details[job.id] = detail
        await self.note("failed", job)

    async def cancelled(self, job: Job) -> None:
        await self.note("cancelled", job)


async def eventually(check: Callable[[], Awaitable[bool] | bool]) -> None:
    """For what tells of no change by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not (await met if inspect.isawaitable(met := check()) else met):  # noqa: ASYNC110
            await asyncio.sleep(0.005)


class Studio:
    """A dispatcher at work, and what it works with."""

    def __init__(self, queue: Queue, files: Files, channel: Channel) -> None:
        self.queue, self.files, self.channel = queue, files, channel
        self.dispatcher: Dispatcher
        self.clients: list[ProcessEngineClient] = []

    @asynccontextmanager
    async def open(
        self, *, slots: int = 1, engines: int = 1, target: Target = children.sketch, films: bool = True
    ) -> AsyncIterator[Studio]:
        def client(device: str) -> ProcessEngineClient:
            return ProcessEngineClient(EngineSettings(slots=slots, device=device), 30.0, target=target)

        self.clients = [client("auto") for _ in range(engines)]
        self.dispatcher = Dispatcher(
            self.queue, self.files, self.clients, self.channel, EngineSection(films=films), backoff=FAST, another=client
        )
        running = asyncio.create_task(self.dispatcher.run())
        try:
            yield self
            assert not running.done(), running.exception()
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def ask(self, new: NewJob, prompt: str = "a red car", init: bytes | None = None) -> int:
        new = replace(new, spec=replace(SPEC, prompt=prompt))
        if init is not None:
            new = replace(new, input_hash=digest(init))
        job = await self.queue.submit(new, Inputs(init_image=init), quota=Quota())
        if hasattr(self, "dispatcher"):
            self.dispatcher.wake()
        return job.id

    async def job(self, job_id: int) -> Job:
        job = await self.queue.get(job_id)
        assert job
        return job

    async def reached(self, job_id: int, state: State) -> Job:
        async def there() -> bool:
            return (await self.job(job_id)).state is state

        await eventually(there)
        return await self.job(job_id)

    def all_ready(self) -> bool:
        return all(lane.ready for lane in self.dispatcher.lanes)

    def kill_engine(self) -> None:
        pid = self.clients[0].pid
        assert pid
        os.kill(pid, signal.SIGKILL)
