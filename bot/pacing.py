"""A budget for edits: Discord takes about one a second in a channel, and progress must not use all of it."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Edit = Callable[[], Awaitable[None]]


class Pacer:
    """At most one edit per channel and ``interval`` seconds.

    Of two edits offered under one key the later replaces the earlier, at its place in the line, so that each
    message shows its newest state and messages in one channel take turns.
    """

    def __init__(self, interval: float = 2.5) -> None:
        self._interval = interval
        self._waiting: dict[int, dict[int, Edit]] = defaultdict(dict)
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._workers: dict[int, asyncio.Task[None]] = {}

    def offer(self, channel_id: int, key: int, edit: Edit) -> None:
        """Run ``edit`` when the channel's turn comes, unless a later one under ``key`` comes first."""
        self._waiting[channel_id][key] = edit
        if channel_id not in self._workers:
            self._workers[channel_id] = asyncio.create_task(self._work(channel_id))

    async def settle(self, channel_id: int, key: int) -> None:
        """Drop what waits under ``key`` and return once nothing of it is under way."""
        if channel_id not in self._workers:
            return
        self._waiting[channel_id].pop(key, None)
        async with self._locks[channel_id]:
            pass

    async def close(self) -> None:
        """Drop everything."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, channel_id: int) -> None:
        waiting = self._waiting[channel_id]
        try:
            while waiting:
                key = next(iter(waiting))
                async with self._locks[channel_id]:
                    await self._run(waiting.pop(key))
                await asyncio.sleep(self._interval)
        finally:
            del self._waiting[channel_id], self._workers[channel_id]
            self._locks.pop(channel_id, None)

    async def _run(self, edit: Edit) -> None:
        try:
            await edit()
        except Exception:  # whatever befell one edit, the next shows more
            log.debug("an edit failed", exc_info=True)
