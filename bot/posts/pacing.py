"""Budgets, so that a crowd's finished pictures need not wait behind all of its cards.

Discord takes about one edit a second in a channel, and fifty requests from the whole bot; neither progress nor jobs
that have long to wait may use all of that.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

log = logging.getLogger(__name__)

Edit = Callable[[], Awaitable[None]]


class Pacer:
    """At most one edit per channel and ``interval`` seconds, and ``at_once`` in all channels together.

    Of two edits offered under one key the later replaces the earlier, at its place in the line, so that each
    message shows its newest state and messages in one channel take turns.
    """

    def __init__(self, interval: float = 2.5, at_once: int = 4) -> None:
        self._interval = interval
        self._few = asyncio.Semaphore(at_once)
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
        """Drop all that waits for a turn."""
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, channel_id: int) -> None:
        waiting = self._waiting[channel_id]
        try:
            while waiting:
                async with self._few, self._locks[channel_id]:
                    if (key := next(iter(waiting), None)) is not None:
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


class Turns:
    """At most ``at_once`` pieces of work at a time: in the order in which they came, but for those that are hurried."""

    def __init__(self, at_once: int = 8) -> None:
        self._free = at_once
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._hurried: set[int] = set()

    @contextlib.asynccontextmanager
    async def turn(self, key: int) -> AsyncIterator[None]:
        """Wait for the turn: entered when the turn of ``key`` has come."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._hurried.discard(key)
            self._pass_on()

    def hurry(self, key: int) -> None:
        """Let ``key`` go before those that nobody hurries, if it still waits."""
        if key in self._waiting:
            self._hurried.add(key)

    async def _wait(self, key: int) -> None:
        mine = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            await mine
        except asyncio.CancelledError:
            self._hurried.discard(key)
            if self._waiting.get(key) is mine:
                del self._waiting[key]
            else:  # its turn had come in the same moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        key = next((key for key in self._waiting if key in self._hurried), next(iter(self._waiting)))
        self._waiting.pop(key).set_result(None)
