"""Decide whether a request is let in: before it is read, and again once its words are known."""

import asyncio
from collections.abc import Callable

from bot.config import Config
from bot.domain.place import Asker
from bot.engines.dispatcher import Dispatcher
from bot.errors import DiskFull, Draining
from bot.jobs import disk
from bot.jobs.files import Files
from bot.moderation.gate import Gate


class Admission:
    """Checks what does not depend on the job: who asks, whether the bot takes jobs, whether the disk has room."""

    def __init__(self, config: Callable[[], Config], dispatcher: Dispatcher, files: Files, gate: Gate) -> None:
        self._config = config
        self._gate = gate
        self._dispatcher = dispatcher
        self._files = files

    async def check(self, asker: Asker) -> None:
        """Raise :class:`bot.errors.NotAllowed`, :class:`Draining` or :class:`DiskFull` if no job is taken."""
        await self._gate.check(asker)
        if self._dispatcher.draining:
            raise Draining()
        if await asyncio.to_thread(disk.nearly_full, self._files.root, self._config().storage.min_free_mib):
            raise DiskFull()

    async def check_words(self, prompt: str, asker: Asker) -> None:
        """Raise :class:`bot.errors.NotAllowed` if the prompt that would be painted has blocked words."""
        await self._gate.check_words(prompt, asker.guild_id)
