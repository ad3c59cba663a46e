"""Decide who is let in: the one place that asks Discord's permissions, the rules, the room for jobs and the quotas."""

import asyncio
from collections.abc import Callable

from bot.components import permissions
from bot.config import Config
from bot.domain.place import Asker
from bot.domain.setting import Values
from bot.engines.dispatcher import Dispatcher
from bot.errors import DiskFull, Draining
from bot.jobs import disk
from bot.jobs.files import Files
from bot.members.settings import SettingsStore
from bot.moderation.gate import Gate


class Admission:
    """Check what does not depend on the job. Every door asks here, and none asks by itself."""

    def __init__(
        self, config: Callable[[], Config], dispatcher: Dispatcher, files: Files, gate: Gate, settings: SettingsStore
    ) -> None:
        self._config = config
        self._gate = gate
        self._dispatcher = dispatcher
        self._files = files
        self._settings = settings

    async def allow(self, asker: Asker) -> None:
        """Raise :class:`bot.errors.NotAllowed` for a member who may not ask for anything there."""
        await self._gate.check(asker)

    async def allow_post(self, asker: Asker) -> None:
        """Raise as :meth:`allow`, and :class:`bot.errors.CannotPost` where the bot cannot post a picture."""
        permissions.check(asker.place)
        await self.allow(asker)

    async def admit(self, asker: Asker) -> Values:
        """Return the limits of a member who asks for a picture.

        Raises as :meth:`allow_post`, and :class:`Draining` or :class:`DiskFull` if no job is taken.
        """
        await self.allow_post(asker)
        if self._dispatcher.draining:
            raise Draining()
        if await asyncio.to_thread(disk.nearly_full, self._files.root, self._config().storage.min_free_mib):
            raise DiskFull()
        return await self._settings.quotas(asker.guild_id, asker.roles)

    async def check_words(self, prompt: str, asker: Asker) -> None:
        """Raise :class:`bot.errors.NotAllowed` if the prompt that would be painted has blocked words."""
        await self._gate.check_words(prompt, asker.guild_id)
