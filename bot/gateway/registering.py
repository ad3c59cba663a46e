"""Making the commands known to Discord, however long it cannot be reached."""

import functools
import logging

import discord

from bot.backoff import persistently
from bot.gateway.client import ConnectedBot
from bot.texts import operators

log = logging.getLogger(__name__)


async def register(bot: ConnectedBot) -> str:
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
