"""Try again after growing waits."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import discord

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waiting times in seconds that double from ``first`` to ``longest``."""

    first: float = 1.0
    longest: float = 60.0

    def delay(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row, 1 or more."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, 32))


UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)


async def persistently(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask until Discord can be reached."""
    backoff = Backoff()
    for failures in itertools.count(1):
        try:
            await ask()
            return
        except UNREACHABLE as error:
            log.warning("Discord cannot be reached (%s); trying again in %g s", error, backoff.delay(failures))
            await asyncio.sleep(backoff.delay(failures))
