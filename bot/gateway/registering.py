"""Making the commands known to Discord, however long it cannot be reached."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.engines.announcer import Backoff
from bot.texts import operators

if TYPE_CHECKING:
    from bot.app import FaradayBot

log = logging.getLogger(__name__)

UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)


async def register(bot: FaradayBot) -> str:
    """Register the commands: everywhere, or with the configured servers alone. Returns what came of it."""
    guilds: list[discord.Object | None] = [discord.Object(id_) for id_ in bot.config.discord.guild_ids]
    told = []
    for guild in guilds or [None]:
        if guild is not None:
            bot.tree.copy_global_to(guild=guild)
        where = operators.place(guild.id if guild else None)
        try:
            await persistently(functools.partial(bot.tree.sync, guild=guild))
            told.append(operators.registered(where))
        except discord.HTTPException as error:
            log.error("the commands could not be registered with %s: %s", where, error)
            told.append(operators.not_registered(where, error))
    return "\n".join(told)


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
