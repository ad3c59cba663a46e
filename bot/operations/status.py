"""Say what the bot is doing, at a glance: for /admin, the command line, the presence, /healthz and /metrics."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.components.host import Host
from bot.domain.job import State
from bot.domain.status import EngineState, RunState, Snapshot
from bot.engines.lanes import EngineLane
from bot.errors import NoDatabase
from bot.jobs import disk
from bot.jobs.queue import Queue
from bot.operations.reload import Reloaded
from bot.texts import operators

log = logging.getLogger(__name__)

BORN = time.monotonic()
PATIENCE = 3.0  # seconds for the database, less than whoever asks for health waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Hold what the database says: jobs by state, and since when the first waits; or else why it says nothing."""

    jobs: Mapping[State, int] | None = None
    since: datetime | None = None
    fault: str = ""


class Counts:
    """Asks the database how many jobs there are, one question at a time: one that hangs is not joined by others."""

    def __init__(self, queue: Queue, *, patience: float = PATIENCE) -> None:
        self._queue = queue
        self._patience = patience
        self._asking: asyncio.Task[Counted] | None = None

    async def ask(self) -> Counted:
        """Return the status; it has no ``jobs`` if there is no answer in time."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._count())
        asking = self._asking
        await asyncio.wait({asking}, timeout=self._patience)
        counted = asking.result() if asking.done() else Counted(fault=operators.silent(self._patience))
        if counted.fault:
            log.error("the database does not answer: %s", counted.fault)
        return counted

    async def _count(self) -> Counted:
        try:
            return Counted(jobs=await self._queue.counts(), since=await self._queue.waiting_since())
        except NoDatabase as error:
            return Counted(fault=error.detail)
        except Exception as error:  # of whichever driver: each raises classes of its own
            return Counted(fault=str(error).splitlines()[0])


class Operated(Host):
    """The bot as those who run it see it."""

    counts: Counts

    async def reload_config(self) -> Reloaded:
        """Read the configuration again and apply what can change live.

        Raises :class:`bot.errors.ConfigError` if it cannot be used; the old one then stays.
        """
        raise NotImplementedError


async def take(bot: Operated) -> Snapshot:
    counted = await bot.counts.ask()
    connected = bot.is_connected()
    return Snapshot(
        connected=connected,
        latency=bot.latency if connected and bot.latency == bot.latency else None,  # NaN before the first heartbeat
        guilds=len(bot.guilds),
        draining=bot.dispatcher.draining,
        engines=tuple(_engine(lane) for lane in bot.dispatcher.lanes),
        jobs=counted.jobs,
        oldest_wait=(datetime.now(UTC) - counted.since).total_seconds() if counted.since else None,
        fault=counted.fault,
        free_bytes=await asyncio.to_thread(disk.free_bytes, bot.files.root),
        uptime=time.monotonic() - BORN,
    )


def _engine(lane: EngineLane) -> EngineState:
    ready = lane.ready
    runs = [
        RunState(job_id=job_id, iteration=run.iteration, iterations=run.job.spec.iterations)
        for job_id, run in lane.runs.items()
    ]
    return EngineState(device=ready.device if ready else "", slots=ready.slots if ready else 0, runs=tuple(runs))
