"""/history: what a member has painted, searched and in pages."""

from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, pager
from bot.components.pages import QUERY_LIMIT, Page, page_of
from bot.texts import lookups

EACH = 8  # on a page
Search: TypeAlias = app_commands.Range[str, 1, QUERY_LIMIT]


class HistoryCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        bot.pages["history"] = self.page

    @app_commands.command(description="Your pictures, newest first")
    @app_commands.describe(search="Words of the prompt, or a number")
    @app_commands.autocomplete(search=options.suggest_search)
    async def history(self, interaction: discord.Interaction[FaradayBot], search: Search | None = None) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        query = " ".join((search or "").split())
        await pager.reply(interaction, "history", await self.page(interaction, 0, query), query)

    async def page(self, interaction: discord.Interaction[FaradayBot], number: int, query: str) -> Page:
        user_id = interaction.user.id
        jobs, total = await self.bot.archive.history(user_id, query, offset=number * EACH, limit=EACH)
        nearest, pages = page_of(number, total, EACH)
        if nearest != number:
            jobs, total = await self.bot.archive.history(user_id, query, offset=nearest * EACH, limit=EACH)
        text = lookups.history(jobs, nearest, pages, total, query)
        return Page(content=text, number=nearest, pages=pages)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(HistoryCog(bot))
