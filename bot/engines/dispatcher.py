"""Lead jobs from the queue to the engines and back: claim them, follow their runs, survive the death of an engine."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from typing import assert_never

from bot.backoff import Backoff
from bot.config import EngineSection
from bot.domain.job import Job, State
from bot.engines.announcer import Announcer, patient
from bot.engines.client import EngineClient, EngineDied
from bot.engines.describing import Describing
from bot.engines.forecast import WaitingLine
from bot.engines.lanes import EngineLane, JobRun, MakeClient, grown
from bot.engines.observer import DeliveryImpossible, Observer
from bot.engines.run_events import Ledger
from bot.errors import NoDatabase
from bot.jobs.files import Files
from bot.jobs.inputs import InputLost, Inputs
from bot.jobs.queue import Queue
from bot.texts import endings
from engine.messages import (
    BundleInfo,
    CancelRun,
    Checkpointed,
    Described,
    DescribeFailed,
    Film,
    Progress,
    Ready,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    StartRun,
    StopRun,
)
from engine.messages.resolution import Machine

__all__ = ["Backoff", "DeliveryImpossible", "Dispatcher", "Observer"]

log = logging.getLogger(__name__)


class Dispatcher:
    """Owns a pool of engines. :meth:`run` works until it is cancelled; the rest may be called from any task.

    A job's last attempt runs alone on its engine: one that kills engines then takes no other job with it.
    """

    def __init__(
        self,
        queue: Queue,
        files: Files,
        clients: Sequence[EngineClient],
        observer: Observer,
        settings: EngineSection,
        *,
        backoff: Backoff | None = None,
        another: MakeClient | None = None,
    ) -> None:
        self._backoff = backoff or Backoff()
        self._queue = queue  # for members, who are told at once that the database is away; what serves waits for it
        self._patient = patient(queue, self._backoff)
        self._files = files
        self._settings = settings
        self._outbox = Announcer(self._patient, files, observer, self._backoff)
        self.lanes = [EngineLane(client=client) for client in clients]
        self._another = another
        self.line = WaitingLine(self._patient, observer, self.lanes)
        self._ledger = Ledger(self._patient, files, observer, self._outbox, self.line.speed, settings.max_attempts)
        self.describing = Describing(self.lanes)
        self._known: Ready | None = None
        self._held: int | None = None  # a claimed job that waits for an empty engine
        self._lock = asyncio.Lock()  # between a claim and its StartRun, nobody may stop, cancel or bury
        self._changed = asyncio.Event()
        self._draining = False

    @property
    def ready(self) -> Ready | None:
        """Return what an engine that is up said of itself; None while all are down."""
        return next((lane.ready for lane in self.lanes if lane.ready), None)

    @property
    def bundles(self) -> Mapping[str, BundleInfo]:
        """Return the bundles by name, as an engine last said; none until the first was ready."""
        return {info.name: info for info in self._known.bundles} if self._known else {}

    @property
    def machine(self) -> Machine:
        """Return what a spec takes from the engines, as one last said; a single thread until then."""
        return Machine.of(self._known or Ready(device="", bundles=()))

    @property
    def device(self) -> str:
        """Return what the engines paint on, as one last said; empty until then."""
        return self._known.device if self._known else ""

    @property
    def draining(self) -> bool:
        """Return whether no waiting job is given to an engine; what runs goes on."""
        return self._draining

    def drain(self) -> None:
        """Let the running jobs end and begin no other, until :meth:`resume` or a restart."""
        self._draining = True

    def resume(self) -> None:
        self._draining = False
        self.wake()

    def wake(self) -> None:
        """Look for work again, because a job was submitted or something else may let one begin."""
        self._changed.set()

    def seconds_left(self, job_id: int) -> float | None:
        """Return the seconds that a running job still takes at the speed measured so far; None if that is unknown."""
        return self.line.left(job_id)

    def starts_in(self, job_id: int) -> float | None:
        """Return the seconds until a waiting job begins; None when that is unknown."""
        return self.line.starts_in(job_id)

    async def run(self) -> None:
        """Recover what an earlier process left, then serve. In the end the running jobs go back to the queue."""
        try:
            await self._patient.recover()
            async with asyncio.TaskGroup() as group:
                for job in await self._patient.unannounced():
                    self._outbox.post(job.id)
                for lane in self.lanes:
                    group.create_task(self._serve(lane, group))
                group.create_task(self._assign())
                group.create_task(self.line.run())
                self.wake()
        finally:
            await self._leave()

    async def stop_job(self, job_id: int) -> bool:
        """End a running job now and keep its picture; cancel one that waits. False when it is neither."""
        async with self._lock:
            if await self._queue.stop(job_id):
                await self._command(job_id, StopRun(job_id=job_id))
                return True
        return await self.cancel_job(job_id)

    async def cancel_job(self, job_id: int) -> bool:
        """Drop a job that waits or runs. False when it is neither."""
        async with self._lock:
            # First in the database: should anything die now, the job stays cancelled.
            if not await self._queue.cancelled(job_id, seconds=self._spent(job_id)):
                return False
            await self._command(job_id, CancelRun(job_id=job_id))
        self._outbox.post(job_id)
        self.wake()
        return True

    def _spent(self, job_id: int) -> float | None:
        run = next((lane.runs[job_id] for lane in self.lanes if job_id in lane.runs), None)
        return run.seconds if run else None

    async def _command(self, job_id: int, command: StopRun | CancelRun) -> None:
        for lane in self.lanes:
            if run := lane.runs.get(job_id):
                run.cancelled = isinstance(command, CancelRun)
                with contextlib.suppress(EngineDied):  # then the queue knows it for the next attempt
                    await lane.client.send(command)

    # Engines

    async def _serve(self, lane: EngineLane, group: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            try:
                lane.ready = self._known = await lane.client.start()
                log.info("engine ready on %s: %s", lane.ready.device, ", ".join(self.bundles))
                for new in grown(self.lanes, lane.ready, self._another):
                    group.create_task(self._serve(new, group))
                self.wake()
                async for event in lane.client.events():
                    if isinstance(event, Described | DescribeFailed):
                        self.describing.settle(event)
                        continue
                    await self._follow(lane, event)
                    failures = 0 if isinstance(event, RunFinished) else failures
            except EngineDied as error:
                failures += 1
                delay = self._backoff.delay(failures)
                log.error("%s; starting it again in %.3g s", error, delay)
                await self._bury(lane)
                await asyncio.sleep(delay)

    async def _bury(self, lane: EngineLane) -> None:
        """Give the jobs of a dead engine one more attempt each."""
        async with self._lock:
            lane.ready = None
            self.describing.bury(lane)
            runs, lane.runs = lane.runs, {}
            for job_id in runs:
                if await self._patient.requeue(job_id) is State.FAILED:
                    log.error("job %d: given up, the engine died under each attempt", job_id)
                    await self._files.remove(self._files.checkpoint(job_id))
                    self._outbox.post(job_id)
        self.wake()

    async def _leave(self) -> None:
        await self._outbox.close()
        for lane in self.lanes:
            lane.ready = None
            self.describing.bury(lane)
        await asyncio.gather(*(lane.client.close() for lane in self.lanes))
        for lane in self.lanes:
            lane.runs = {}
        try:
            await self._queue.release()
        except NoDatabase as error:
            log.error("running jobs will go on at the next start, as after a crash: %s", error.detail)

    # Claims

    async def _assign(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                while await self._assign_one():
                    pass
            except NoDatabase as error:
                log.error("no job can be claimed: %s", error.detail)
                await self._reconcile()
            self.line.changed()

    async def _reconcile(self) -> None:
        """Queue running jobs that no engine has. A claim whose answer was lost with the database may have made them."""
        async with self._lock:
            mine = {job_id for lane in self.lanes for job_id in lane.runs}
            await self._patient.release(keep=mine if self._held is None else mine | {self._held})
        self.wake()

    async def _assign_one(self) -> bool:
        async with self._lock:
            lanes = [lane for lane in self.lanes if lane.free > 0]
            if not lanes or self._draining:
                return False
            lane = min(lanes, key=lambda lane: len(lane.runs))
            job = await self._next_job()
            if job is None:
                return False
            alone = 1 < job.attempt >= self._settings.max_attempts
            if alone and lane.runs:
                self._held = job.id
                return False
            await self._begin(lane, JobRun(job=job, engine=lane.ready, alone=alone))
            return True

    async def _next_job(self) -> Job | None:
        held, self._held = self._held, None
        job = None if held is None else await self._patient.get(held)
        return job if job is not None and job.state is State.RUNNING else await self._queue.claim()

    async def _begin(self, lane: EngineLane, run: JobRun) -> None:
        job = run.job
        try:
            inputs = await Inputs.read(self._files, job.id, job)
        except InputLost:
            await self._patient.failed(job.id, endings.INPUT_LOST)
            return self._outbox.post(job.id)
        checkpoint = await self._files.read(self._files.checkpoint(job.id))
        run.resumed = checkpoint is not None
        lane.runs[job.id] = run
        start = StartRun(
            job_id=job.id,
            spec=job.spec,
            init_image=inputs.init_image,
            mask=inputs.mask,
            image_prompts=inputs.image_prompts,
            resume_from=checkpoint,
            frame_seconds=self._settings.frame_seconds,
            checkpoint_seconds=self._settings.checkpoint_seconds,
            checkpoint_end=True,
            film=Film.MP4 if self._settings.films else None,
        )
        log.info("job %d: attempt %d%s", job.id, job.attempt, ", from its checkpoint" if checkpoint else "")
        with contextlib.suppress(EngineDied):  # the lane's own task notices too, and requeues the run
            await lane.client.send(start)
            if job.stopped:
                await lane.client.send(StopRun(job_id=job.id))

    # Events

    async def _follow(self, lane: EngineLane, event: RunEvent) -> None:
        run = lane.runs.get(event.job_id)
        if run is None:
            log.warning("job %d: %s for a run that is not there: %r", event.job_id, type(event).__name__, event)
            return
        match event:
            case RunStarted():
                await self._ledger.started(run, event)
            case Progress():
                await self._ledger.progressed(run, event)
            case Checkpointed():
                await self._ledger.checkpointed(event)
            case RunFinished() | RunCancelled() | RunFailed():
                async with self._lock:  # the slot is free only when the queue knows: a crash between loses nothing
                    await self._ledger.ended(run, event)
                    del lane.runs[event.job_id]
                self.wake()
            case _:
                assert_never(event)
