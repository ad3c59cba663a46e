"""Slash commands, and what a member hears when one fails."""

from __future__ import annotations

import logging

import discord
from discord import app_commands

from bot.components.apology import explain
from bot.errors import BadSetting, UserError
from bot.texts import answers

log = logging.getLogger(__name__)

Interaction = discord.Interaction[discord.Client]


class Tree(app_commands.CommandTree[discord.Client]):
    """Slash commands whose errors reach the member who ran them, and nobody else."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        try:
            await answer(interaction, explain(_cause(error)))
        except discord.HTTPException:
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


async def answer(interaction: Interaction, text: str) -> None:
    """Tell the member alone, whether or not the interaction was deferred."""
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text)
    else:
        await interaction.response.send_message(text, ephemeral=True)
