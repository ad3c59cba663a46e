"""The client that gets connected and stays connected, whatever befalls the network."""

import asyncio
import itertools
import logging
import sys
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.backoff import UNREACHABLE, Backoff, persistently
from bot.config import Config
from bot.gateway.bounds import bound
from bot.gateway.connector import make_connector
from bot.gateway.replies import Tree, late
from bot.gateway.throttle import Throttle

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it never speaks

_FATAL = (discord.ConnectionClosed, discord.PrivilegedIntentsRequired, discord.LoginFailure)


class ConnectedBot(commands.AutoShardedBot):
    """The Discord client alone. To be made inside the running loop."""

    def __init__(self, config: Config) -> None:
        self.throttle = Throttle()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=least_intents(message_content=config.discord.message_content),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            max_messages=None,
            connector=make_connector(config),
            http_trace=self.throttle.trace(),
        )
        bound(self.http)
        self.config = config
        self.sessions = 0  # with the gateway so far, of all shards
        self._connecting: asyncio.Task[Any] | None = None

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log an error of a listener, with its trace unless it only came too late."""
        error = sys.exception()
        if error is None or not late(error):
            log.error("an error in %s", event_method, exc_info=error)

    async def sign_in(self, token: str) -> None:
        """Log in, trying again while Discord cannot be reached. Raises :class:`discord.LoginFailure`."""

        async def login() -> None:
            if getattr(self.http.connector, "closed", False):
                self.http.connector = make_connector(self.config) or discord.utils.MISSING
            try:
                await self.login(token)
            except UNREACHABLE:
                await self.http.close()  # and its connector with it
                raise

        await persistently(login)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected. discord.py reconnects a shard by itself, except where an event could not be read; that
        would end the whole bot.
        """
        backoff = Backoff()
        self._connecting = asyncio.current_task()
        try:
            for failures in itertools.count(1):
                try:
                    return await super().connect(reconnect=reconnect)
                except _FATAL:
                    raise
                except Exception:
                    if self.is_closed():
                        return
                    log.exception("the gateway broke off; connecting anew in %g s", backoff.delay(failures))
                    for shard in self.shards.values():
                        await shard.disconnect()
                    await asyncio.sleep(backoff.delay(failures))
        finally:
            self._connecting = None

    def is_connecting(self) -> bool:
        """Return whether :meth:`connect` runs. It decides what follows if discord.py closes the bot for a shard."""
        return asyncio.current_task() is self._connecting

    def is_connected(self) -> bool:
        """Return whether every shard is connected now. discord.py's ``is_ready`` stays true if a session is lost."""
        return self.is_ready() and not any(shard.is_closed() for shard in self.shards.values())

    async def on_shard_ready(self, shard_id: int) -> None:
        """Count the sessions. A new one has heard nothing of what was told to the one before."""
        self.sessions += 1


def least_intents(*, message_content: bool) -> discord.Intents:
    """Return what the bot needs to see; none of it is privileged without ``message_content``."""
    intents = discord.Intents.none()
    intents.guilds = True
    intents.guild_messages = intents.dm_messages = True
    intents.guild_reactions = intents.dm_reactions = True
    intents.message_content = message_content
    return intents
