"""Explanations that a member gets once in a while, and not each time."""

from __future__ import annotations

import time
from collections.abc import Callable

LIFE = 86_400.0  # seconds


class Hints:
    """To whom something was explained, for a day and until a restart; nothing of it is stored."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: dict[tuple[int, int], float] = {}  # when, by server and member

    def due(self, guild_id: int, user_id: int) -> bool:
        """Whether it is to be explained to this member of that server now, which is noted."""
        now = self._clock()
        self._given = {whom: when for whom, when in self._given.items() if when > now - LIFE}
        if (guild_id, user_id) in self._given:
            return False
        self._given[guild_id, user_id] = now
        return True
