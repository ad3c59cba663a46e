"""What the bot is doing at one moment, and what an operator can order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.job import State


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
    """All at one moment. ``jobs`` counts them by state, over all time; None while the database does not answer, of
    which ``fault`` is the reason.

    Times are in seconds.
    """

    connected: bool
    latency: float | None
    guilds: int
    draining: bool
    engines: tuple[EngineState, ...]
    jobs: Mapping[State, int] | None
    oldest_wait: float | None
    fault: str
    free_bytes: int
    uptime: float

    @property
    def running(self) -> int:
        return sum(len(engine.runs) for engine in self.engines)

    @property
    def waiting(self) -> int:
        return self.jobs[State.QUEUED] if self.jobs else 0


class Order(StrEnum):
    """The verbs, as they are typed."""

    STATUS = "status"
    DRAIN = "drain"
    RESUME = "resume"
    RELOAD = "reload"
    SYNC = "sync"
    BLOCK = "block"
    UNBLOCK = "unblock"

    @property
    def of_user(self) -> bool:
        """Whether it needs to be said whom it is about."""
        return self in (Order.BLOCK, Order.UNBLOCK)


MEANINGS = {
    Order.STATUS: "What the engines and the queue are doing",
    Order.DRAIN: "Let running pictures end and take no new ones",
    Order.RESUME: "Take new pictures again",
    Order.RELOAD: "Read the configuration again",
    Order.SYNC: "Register the commands with Discord again",
    Order.BLOCK: "Forbid somebody to use me, everywhere, and cancel what they have waiting and running",
    Order.UNBLOCK: "Let somebody use me again",
}
