"""What the bot is doing, at a glance: for /admin, the command line, the presence, /healthz and /metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.jobs import State
from bot.operations import disk
from bot.runs import Lane

if TYPE_CHECKING:
    from bot.app import FaradayBot

BORN = time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A job on an engine."""

    job_id: int
    iteration: int
    iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """``device`` is empty while the engine is down or loads its models."""

    device: str
    slots: int
    runs: tuple[RunState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All at one moment. ``jobs`` counts them by state, over all time; times are in seconds."""

    connected: bool
    latency: float | None
    guilds: int
    draining: bool
    engines: tuple[EngineState, ...]
    jobs: Mapping[State, int]
    oldest_wait: float | None
    free_bytes: int
    uptime: float

    @property
    def running(self) -> int:
        return sum(len(engine.runs) for engine in self.engines)

    @property
    def waiting(self) -> int:
        return self.jobs[State.QUEUED]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def take(bot: FaradayBot) -> Snapshot:
    """Raises what the database does."""
    jobs = await bot.queue.counts()
    since = await bot.queue.waiting_since()
    connected = bot.is_ready()
    return Snapshot(
        connected=connected,
        latency=bot.latency if connected and bot.latency == bot.latency else None,  # NaN before the first heartbeat
        guilds=len(bot.guilds),
        draining=bot.dispatcher.draining,
        engines=tuple(_engine(lane) for lane in bot.dispatcher.lanes),
        jobs=jobs,
        oldest_wait=(datetime.now(UTC) - since).total_seconds() if since else None,
        free_bytes=await asyncio.to_thread(disk.free_bytes, bot.files.root),
        uptime=time.monotonic() - BORN,
    )


def _engine(lane: Lane) -> EngineState:
    ready = lane.ready
    runs = [
        RunState(job_id=job_id, iteration=run.iteration, iterations=run.job.spec.iterations)
        for job_id, run in lane.runs.items()
    ]
    return EngineState(device=ready.device if ready else "", slots=ready.slots if ready else 0, runs=tuple(runs))


def describe(snapshot: Snapshot) -> str:
    """Some lines for an operator."""
    lines = [
        f"Up {_span(snapshot.uptime)}, {'connected' if snapshot.connected else 'NOT connected'}, "
        f"{snapshot.guilds} server{'s' if snapshot.guilds != 1 else ''}"
        + (", DRAINING: no new jobs" if snapshot.draining else ""),
        *(f"Engine {number}: {_one_engine(engine)}" for number, engine in enumerate(snapshot.engines, start=1)),
        f"Waiting: {snapshot.waiting}"
        + (f", the longest {_span(snapshot.oldest_wait)}" if snapshot.oldest_wait else ""),
        "Jobs ever: " + ", ".join(f"{count} {state}" for state, count in snapshot.jobs.items() if state.ended),
        f"Free disk: {snapshot.free_bytes / 2**30:.1f} GiB",
    ]
    return "\n".join(lines)


def _one_engine(engine: EngineState) -> str:
    if not engine.device:
        return "down or loading"
    runs = ", ".join(f"#{run.job_id} at {run.iteration} of {run.iterations}" for run in engine.runs)
    return f"{engine.device}, {len(engine.runs)} of {engine.slots} runs{f': {runs}' if runs else ''}"


def _span(seconds: float) -> str:
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole} s" if minutes else f"{whole} s"
