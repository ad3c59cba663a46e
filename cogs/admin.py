"""/admin: orders of those who run the bot."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot, answer
from bot.errors import ConfigError, NotYours
from bot.operations.orders import MEANINGS, Order, obey


async def require_owner(interaction: discord.Interaction[FaradayBot]) -> None:
    """Raises :class:`NotYours` for anyone but the application's owners and the configured ones."""
    bot = interaction.client
    if interaction.user.id not in bot.config.operators.owner_ids and not await bot.is_owner(interaction.user):
        raise NotYours("Only those who run me can do that.")


class Admin(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="For those who run this bot: state, drain, resume, reload, sync")
    @app_commands.describe(order="What to do")
    @app_commands.choices(
        order=[app_commands.Choice(name=f"{order}: {MEANINGS[order]}", value=order.value) for order in Order]
    )
    @app_commands.default_permissions(administrator=True)
    async def admin(self, interaction: discord.Interaction[FaradayBot], order: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await require_owner(interaction)
        try:
            text = await obey(self.bot, Order(order), by=f"member {interaction.user.id}")
        except ConfigError as error:
            text = str(error)
        await answer(interaction, discord.utils.escape_mentions(text)[:2000])


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(Admin(bot))
