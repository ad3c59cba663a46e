"""What a member is told when something went wrong."""

from __future__ import annotations

import logging
import secrets

import discord

from bot.errors import NoDatabase, UserError
from bot.texts import answers

log = logging.getLogger(__name__)


def explain(error: BaseException) -> str:
    """A :class:`UserError` speaks for itself; of anything else the log has the trace, under the reference told."""
    if isinstance(error, NoDatabase):
        log.error("a member could not be served: %s", error.detail)
    if isinstance(error, UserError):
        return str(error)
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    return answers.broken(reference)


async def under(client: discord.Client, payload: discord.RawReactionActionEvent, error: BaseException) -> None:
    """Answer a reaction, which has no answer of its own, under the picture that it was given to."""
    channel = client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id)
    try:
        picture = channel.get_partial_message(payload.message_id)
        await picture.reply(f"<@{payload.user_id}> {explain(error)}", mention_author=False)
    except discord.HTTPException as refusal:
        log.info("a reaction to message %d could not be answered: %s", payload.message_id, refusal)
