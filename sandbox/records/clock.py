"""Time and identifiers of the local Discord."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000  # the first second of 2015
PATIENCE_S = 120.0  # the longest wait: a busy machine is slow
_TIMESTAMP_SHIFT = 22


class Clock:
    """The wall clock. Tests move it forward to let links and tokens expire."""

    def __init__(self) -> None:
        self.offset = 0.0  # seconds by which tests moved it forward

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by so many seconds."""
        self.offset += seconds


class Snowflakes:
    """Make unique, rising identifiers that contain the time they were made, as Discord's do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last = 0

    def next(self) -> int:
        born = (int(self._clock.now() * 1000) - DISCORD_EPOCH_MS) << _TIMESTAMP_SHIFT
        self.last = max(born, self.last + 1)
        return self.last


def born_at(snowflake: int) -> datetime:
    """Return the time at which an identifier was made."""
    milliseconds = (snowflake >> _TIMESTAMP_SHIFT) + DISCORD_EPOCH_MS
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(moment: datetime) -> str:
    """Format a time as Discord does: ``2026-01-31T12:00:00.000000+00:00``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
