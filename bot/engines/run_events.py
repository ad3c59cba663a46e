"""Say what the events of a run mean for its job: written to the queue and the files, and told to the observer."""

import dataclasses
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import assert_never

from bot.domain.job import State
from bot.engines.announcer import Announcer
from bot.engines.lanes import JobRun
from bot.engines.observer import Observer
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.speed import Speed
from bot.texts import endings
from bot.words import recipe
from engine.messages import Checkpointed, Failure, Progress, RunCancelled, RunFailed, RunFinished, RunStarted

log = logging.getLogger(__name__)


class Ledger:
    """Belongs to a dispatcher, which says when; ``max_attempts`` are those of a job."""

    def __init__(
        self, queue: Queue, files: Files, observer: Observer, outbox: Announcer, speed: Speed, max_attempts: int
    ) -> None:
        self._queue = queue
        self._files = files
        self._observer = observer
        self._outbox = outbox
        self._speed = speed
        self._max_attempts = max_attempts

    async def started(self, run: JobRun, event: RunStarted) -> None:
        run.read_as = event.read_as
        await self._refresh(run)
        if run.job.spec.replace and event.mask is not None:
            await self._keep(self._files.region(event.job_id), event.mask)

        async def tell() -> None:
            if not run.cancelled:
                await self._guarded(event.job_id, self._observer.started(run.job, event))
            run.started = True

        self._outbox.after(event.job_id, tell)

    async def progressed(self, run: JobRun, event: Progress) -> None:
        run.measure(event)
        if run.job.card_message_id is None and run.job.grid_id is None:  # one of a grid never has a card
            await self._refresh(run)
        if run.started and not run.cancelled:  # looked at last: a cancel may have come during the refresh
            await self._guarded(event.job_id, self._observer.progressed(run.job, event))

    async def checkpointed(self, event: Checkpointed) -> None:
        await self._keep(self._files.checkpoint(event.job_id), event.state)

    async def ended(self, run: JobRun, event: RunFinished | RunCancelled | RunFailed) -> None:
        job_id = event.job_id
        match event:
            case RunFinished():
                await self._finished(run, event)
            case RunCancelled():
                await self._queue.cancelled(job_id, seconds=run.seconds)
            case RunFailed(reason=reason, detail=detail):
                log.warning("job %d: failed (%s): %s", job_id, reason, detail)
                if not await self._retried(run, reason):
                    await self._queue.failed(job_id, detail, seconds=run.seconds)
            case _:
                assert_never(event)
        if not isinstance(event, RunFinished):  # else it can be continued
            await self._files.remove(self._files.checkpoint(job_id))
        if not run.cancelled:  # else whoever cancelled it has told of it
            self._outbox.post(job_id)

    async def _finished(self, run: JobRun, event: RunFinished) -> None:
        job_id = event.job_id
        log.info("job %d: finished at iteration %d, loss %.4f", job_id, event.iteration, event.loss)
        if not run.resumed:
            self._speed.learn(run.job.spec, event.iteration, event.seconds)
        if event.film is not None:
            await self._keep(self._files.film(job_id), event.film)
        try:
            await self._queue.rendered(job_id, event.image, event, _recipe(run, event))
        except OSError:
            log.exception("job %d: the picture could not be stored", job_id)
            await self._queue.failed(job_id, endings.NOT_STORED)

    async def _keep(self, path: Path, content: bytes) -> None:
        """Keep what a run can do without."""
        try:
            await self._files.write(path, content)
        except OSError:
            log.exception("%s could not be stored", path)

    async def _retried(self, run: JobRun, reason: Failure) -> bool:
        """Begin once more from the start where the checkpoint may be at fault, as after a change of weights."""
        again = run.resumed and reason is not Failure.OUT_OF_MEMORY
        if not again or run.job.attempt >= self._max_attempts:
            return False
        return await self._queue.requeue(run.job.id) is State.QUEUED

    async def _refresh(self, run: JobRun) -> None:
        """Read the job again: its messages may have been placed meanwhile."""
        run.job = await self._queue.get(run.job.id) or run.job

    async def _guarded(self, job_id: int, notice: Awaitable[None]) -> None:
        try:
            await notice
        except Exception:
            log.exception("job %d: telling of its progress failed", job_id)


def _recipe(run: JobRun, event: RunFinished) -> str | None:
    """Write the recipe while it is known which engine painted it; None if that is gone."""
    info = next((info for info in run.engine.bundles if info.name == run.job.spec.bundle), None) if run.engine else None
    if run.engine is None or info is None:
        return None
    job = dataclasses.replace(run.job, iteration=event.iteration, stopped=event.stopped)
    return recipe.of_job(job, info, run.engine.device, run.read_as)
