"""Time and identifiers of the local Discord."""

from __future__ import annotations

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000  # the first second of 2015
PATIENCE_S = 120.0  # until what is waited for is given up: a busy machine takes long over little
_TIMESTAMP_SHIFT = 22


class Clock:
    """The wall clock, which tests may move forward to let links and tokens expire."""

    def __init__(self) -> None:
        self.offset = 0.0  # seconds that were let pass at once

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self.offset += seconds


class Snowflakes:
    """Unique, strictly rising identifiers that carry their time of birth, as Discord's do."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.last = 0

    def next(self) -> int:
        born = (int(self._clock.now() * 1000) - DISCORD_EPOCH_MS) << _TIMESTAMP_SHIFT
        self.last = max(born, self.last + 1)
        return self.last


def born_at(snowflake: int) -> datetime:
    """When the thing with this identifier was made."""
    milliseconds = (snowflake >> _TIMESTAMP_SHIFT) + DISCORD_EPOCH_MS
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def iso(moment: datetime) -> str:
    """A time in the form of Discord's answers: ``2026-01-31T12:00:00.000000+00:00``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
