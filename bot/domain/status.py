"""Describe the bot's state and the orders of an operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.job import State


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """Show the progress of one job on an engine."""

    job_id: int
    iteration: int
    iterations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """Show one engine and its runs."""

    device: str  # empty while the engine is down or loads its models
    slots: int
    runs: tuple[RunState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Show the whole bot at one moment; times are in seconds."""

    connected: bool
    latency: float | None
    guilds: int
    draining: bool
    engines: tuple[EngineState, ...]
    jobs: Mapping[State, int] | None  # by state, over all time; None while the database does not answer
    oldest_wait: float | None
    fault: str  # why the database does not answer
    free_bytes: int
    uptime: float

    @property
    def running(self) -> int:
        return sum(len(engine.runs) for engine in self.engines)

    @property
    def waiting(self) -> int:
        return self.jobs[State.QUEUED] if self.jobs else 0


class Order(StrEnum):
    """List the orders as they are typed."""

    STATUS = "status"
    DRAIN = "drain"
    RESUME = "resume"
    RELOAD = "reload"
    SYNC = "sync"
    BLOCK = "block"
    UNBLOCK = "unblock"

    @property
    def of_user(self) -> bool:
        """Return whether the order needs the id of a user."""
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
