"""Telling requesters how their jobs ended, at least once each, through crashes and outages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.backoff import Backoff
from bot.counters import ENDED, ENGINE_SECONDS, TURNAROUND
from bot.domain.job import Job, State
from bot.engines.observer import DeliveryImpossible, Observer
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.texts import endings

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # seconds at most between two tries to reach a database that is away


def patient(queue: Queue, backoff: Backoff) -> Queue:
    """Return a queue that waits for a database that is away, and tries every few seconds."""
    return queue.patient(replace(backoff, longest=min(backoff.longest, _PATIENCE)).delay)


class Announcer:
    """The way from ``rendered`` to ``delivered``, and of the news that a job failed or was cancelled."""

    def __init__(self, queue: Queue, files: Files, observer: Observer, backoff: Backoff) -> None:
        self._queue = queue
        self._files = files
        self._observer = observer
        self._backoff = backoff
        self._last: dict[int, asyncio.Task[None]] = {}

    def post(self, job_id: int) -> None:
        """Settle the job in a task of its own, after all that was to be told of it before."""
        self.after(job_id, lambda: self.settle(job_id))

    def after(self, job_id: int, notice: Callable[[], Awaitable[None]]) -> None:
        """Run ``notice`` in a task of its own, after the ones before it about the same job."""
        before = self._last.get(job_id)

        async def follow() -> None:
            if before is not None:
                await asyncio.wait({before})
            try:
                await notice()
            except Exception:
                log.exception("job %d: its requester could not be told", job_id)

        task = self._last[job_id] = asyncio.create_task(follow(), name=f"notice of job {job_id}")
        task.add_done_callback(lambda _: self._forget(job_id, task))

    def _forget(self, job_id: int, task: asyncio.Task[None]) -> None:
        if self._last.get(job_id) is task:
            del self._last[job_id]

    async def close(self) -> None:
        """Drop what is under way; the queue knows what is left to tell at the next start."""
        tasks = list(self._last.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def settle(self, job_id: int) -> None:
        """Return once the requester of a job that is through with the engine knows of it, or cannot be told."""
        failures = 0
        while (job := await self._queue.get(job_id)) is not None:
            try:
                if await self._tell(job):
                    return
            except DeliveryImpossible as error:
                log.warning("job %d: it cannot be delivered: %s", job_id, error)
                if not await self._queue.failed(job_id, str(error)):
                    return await self._queue.announced(job_id)
            except Exception:
                failures += 1
                log.exception("job %d: telling of it failed %d times", job_id, failures)
                await asyncio.sleep(self._backoff.delay(failures))

    async def _tell(self, job: Job) -> bool:
        """Tell it, and return whether this was the last word."""
        match job.state:
            case State.RENDERED:
                png = await self._files.read(self._files.final(job.id))
                if png is None:
                    await self._queue.failed(job.id, endings.LOST)
                    return False
                region = await self._files.read(self._files.region(job.id)) if job.spec.replace else None
                await self._queue.delivered(job.id, await self._observer.deliver(job, png, region))
                ENDED.labels(State.DELIVERED).inc()
                ENGINE_SECONDS.inc(job.seconds or 0.0)
                TURNAROUND.observe((datetime.now(UTC) - job.created_at).total_seconds())
            case State.FAILED:
                await self._observer.failed(job, job.error or "")
                ENDED.labels(State.FAILED).inc()
                await self._queue.announced(job.id)
            case State.CANCELLED:
                await self._observer.cancelled(job)
                ENDED.labels(State.CANCELLED).inc()
                await self._queue.announced(job.id)
            case State.QUEUED | State.RUNNING | State.DELIVERED:
                pass  # a retry that came too late
        return True
