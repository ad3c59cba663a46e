"""The waiting line as its members see it: places, and when each begins at the speed measured so far."""

import asyncio
import logging
import time
from collections.abc import Sequence

from bot.engines.lanes import EngineLane, JobRun
from bot.engines.observer import Observer
from bot.jobs.queue import Queue
from bot.jobs.speed import Speed, Work, reckon

log = logging.getLogger(__name__)

_NEAR = 5  # from here on every step forward is told; further back when half the way is done
_SHARING = 200  # of those that wait, as many are reckoned with as come to share an engine's time


class WaitingLine:
    """Knows when the queued jobs of a dispatcher will begin, and tells its observer of their places."""

    def __init__(self, queue: Queue, observer: Observer, lanes: Sequence[EngineLane], *, interval: float = 1.0) -> None:
        self.speed = Speed()
        self._queue = queue
        self._observer = observer
        self._lanes = lanes
        self._interval = interval
        self._begins: dict[int, float] = {}  # on the monotonic clock
        self._costs: list[float] = []  # of those that wait, in their order
        self._told: dict[int, int] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Reckon again, because somebody came, went or was served."""
        self._changed.set()

    def starts_in(self, job_id: int) -> float | None:
        """Return the seconds until a waiting job begins, as last reckoned; None when that is unknown."""
        begins = self._begins.get(job_id)
        return None if begins is None else max(0.0, begins - time.monotonic())

    async def run(self) -> None:
        """Learn from what was painted before; then follow the changes until cancelled."""
        for job in await self._queue.measured():
            self.speed.learn(job.spec, job.iteration, job.seconds or 0.0)
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._follow()
            await asyncio.sleep(self._interval)  # a long line moves often, and is read as a whole each time

    async def _follow(self) -> None:
        waiting = await self._queue.line()
        self._reckon(waiting)
        running = {job_id for lane in self._lanes for job_id in lane.runs}
        places = {job_id: place for place, (job_id, _) in enumerate(waiting, start=1)}
        for job_id, place in places.items():
            if job_id in running or not _worth_telling(self._told.get(job_id), place):
                places[job_id] = self._told.get(job_id, place)
            else:
                await self._tell(job_id, place)
        self._told = places

    def _reckon(self, waiting: Sequence[tuple[int, float]]) -> None:
        self._costs, now = [cost for _, cost in waiting], time.monotonic()
        known = self.speed.known and self._works() is not None
        begins = reckon(self._works() or (), self._costs)[1] if known else []
        self._begins = {job_id: now + seconds for (job_id, _), seconds in zip(waiting, begins, strict=False)}

    def _works(self) -> list[Work] | None:
        """Return what each engine that is up has to do; None while a run's speed is not known."""
        lanes = [lane for lane in self._lanes if lane.ready]
        left = [[self._work_left(run) for run in lane.runs.values()] for lane in lanes]
        if any(seconds is None for runs in left for seconds in runs):
            return None
        return [
            Work(lane.ready.slots if lane.ready else 0, [seconds or 0.0 for seconds in runs])
            for lane, runs in zip(lanes, left, strict=True)
        ]

    def _work_left(self, run: JobRun) -> float | None:
        """Return engine-seconds, at the run's own speed, before it has one at that of others like it."""
        own = run.work_left()
        return self.speed.seconds(run.job.spec) if own is None else own

    def left(self, job_id: int) -> float | None:
        """Return the seconds until a running job is done, beside those that share its engine.

        None when that is unknown.
        """
        lanes = [lane for lane in self._lanes if lane.ready]
        works = self._works()
        if works is None:
            return None
        for lane, ends in zip(lanes, reckon(works, self._costs[:_SHARING])[0], strict=True):
            if job_id in lane.runs:
                return dict(zip(lane.runs, ends, strict=True))[job_id]
        return None

    async def _tell(self, job_id: int, place: int) -> None:
        try:
            job = await self._queue.get(job_id)
            if job is not None:
                await self._observer.queued(job, place)
        except Exception:
            log.exception("job %d: telling of its place failed", job_id)


def _worth_telling(told: int | None, place: int) -> bool:
    """Return whether the change is worth an edit.

    An edit of a card costs a request, and a long line moves at every turn.
    """
    return told is None or place > told or (place < told and (place <= _NEAR or place <= told // 2))
