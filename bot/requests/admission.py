"""Who and what is let in: asked before anything of a request is read, and again once its words are known."""

from __future__ import annotations

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
    """The conditions for taking a job that are not about the job itself."""

    def __init__(self, config: Callable[[], Config], dispatcher: Dispatcher, files: Files, gate: Gate) -> None:
        self._config = config
        self._gate = gate
        self._dispatcher = dispatcher
        self._files = files

    async def check(self, asker: Asker) -> None:
        """Raises :class:`bot.errors.NotAllowed`, :class:`Draining` or :class:`DiskFull`."""
        await self._gate.check(asker)
        if self._dispatcher.draining:
            raise Draining()
        if await asyncio.to_thread(disk.nearly_full, self._files.root, self._config().storage.min_free_mib):
            raise DiskFull()

    async def check_words(self, prompt: str, asker: Asker) -> None:
        """Raises :class:`bot.errors.NotAllowed` when the prompt, as it will be painted, has something blocked."""
        await self._gate.check_words(prompt, asker.guild_id)
