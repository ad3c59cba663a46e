"""The buttons under every finished picture there ever was, and the forms that they open."""

from typing import Any

import discord
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import forms
from bot.components.picture_buttons import SequelButton


class SequelsCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if (filled := forms.filled(interaction)) is not None:
            await self.bot.followups.submitted(interaction, filled)


async def setup(bot: FaradayBot) -> None:
    bot.add_dynamic_items(SequelButton)
    await bot.add_cog(SequelsCog(bot))


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(SequelButton)
