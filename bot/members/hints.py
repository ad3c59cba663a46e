"""Decide when a member gets an explanation again."""

import time
from collections.abc import Callable

LIFE = 86_400.0  # seconds


class Hints:
    """Remembers for a day, or until a restart, to whom something was explained."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: dict[tuple[int, int], float] = {}  # when, by server and member

    def due(self, guild_id: int, user_id: int) -> bool:
        """Return whether to explain it to this member now. The answer is noted."""
        now = self._clock()
        self._given = {whom: when for whom, when in self._given.items() if when > now - LIFE}
        if (guild_id, user_id) in self._given:
            return False
        self._given[guild_id, user_id] = now
        return True
