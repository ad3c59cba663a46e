"""Discord's limit for a whole bot, kept before it is met.

discord.py keeps each route's limit, but learns of the one for all routes together only by being refused. Whoever is
refused 10,000 times in ten minutes is shut out; a crowd that asks at once brings a bot there.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import aiohttp

PER_SECOND = 40
"""Requests. Discord refuses the fifty-first in a second; on their way some catch up with those before them."""
_FREE = ("/interactions/", "/webhooks/")  # answers to members count for themselves


class Throttle:
    """Requests in the order in which they come, evenly spread, so that no second holds more than its share."""

    def __init__(self, per_second: float = PER_SECOND) -> None:
        self._interval = 1 / per_second
        self._next = 0.0

    async def turn(self) -> None:
        """Return when the next request may go."""
        now = asyncio.get_running_loop().time()
        mine = max(now, self._next)
        self._next = mine + self._interval
        if mine > now:
            await asyncio.sleep(mine - now)

    def trace(self) -> aiohttp.TraceConfig:
        """For ``discord.Client(http_trace=…)``: aiohttp waits for it before each request."""

        async def before(
            session: aiohttp.ClientSession, context: SimpleNamespace, asked: aiohttp.TraceRequestStartParams
        ) -> None:
            path = asked.url.path
            if "/api/" in path and not any(part in path for part in _FREE):
                await self.turn()

        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(before)
        return trace
