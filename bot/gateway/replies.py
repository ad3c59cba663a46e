"""Tell members what came of what they did, also when it went wrong."""

import logging
import secrets

import discord
from discord import app_commands

from bot.errors import BadSetting, NoDatabase, UserError
from bot.texts import answers

log = logging.getLogger(__name__)


_LATE = {10062: "the interaction ran out", 40060: "it was acknowledged already", 50083: "the thread is archived"}


def late(error: BaseException) -> bool:
    """Return whether Discord took an answer no more, which the log notes in one line: nothing is broken."""
    if not isinstance(error, discord.HTTPException) or error.code not in _LATE:
        return False
    log.info("a member could not be answered: %s (%d)", _LATE[error.code], error.code)
    return True


def explain(error: BaseException) -> str:
    """Return what a member is told.

    A :class:`UserError` speaks for itself; of anything else the log has the trace, under the reference told.
    """
    if isinstance(error, NoDatabase):
        log.error("a member could not be served: %s", error.detail)
    if isinstance(error, UserError):
        return str(error)
    reference = secrets.token_hex(4)
    if late(error):
        return answers.broken(reference)
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


class Tree(app_commands.CommandTree[discord.Client]):
    """Slash commands whose errors reach the member who ran them, and nobody else."""

    async def on_error(
        self, interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError
    ) -> None:
        cause = _cause(error)
        if late(cause):
            return
        try:
            await answer(interaction, explain(cause))
        except discord.HTTPException as refusal:
            if not late(refusal):
                log.exception("a member could not be told what went wrong")


def _cause(error: app_commands.AppCommandError) -> Exception:
    match error:
        case app_commands.CommandInvokeError(original=original):
            return original
        case app_commands.TransformerError(value=value):
            return BadSetting(answers.no_such_value(value))
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return UserError(answers.COMMANDS_CHANGED)
        case _:
            return error


async def answer(interaction: discord.Interaction[discord.Client], text: str) -> None:
    """Tell the member alone, whether or not the interaction was deferred."""
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text)
    else:
        await interaction.response.send_message(text, ephemeral=True)
