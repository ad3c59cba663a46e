"""/help with pictures, and /about: what this is and what it runs on."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import pager
from bot.components.pages import Page, page_of, shipped
from bot.gateway.replies import answer
from bot.texts import guidance
from bot.words import recipe


class HelpCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        bot.pages["help"] = self.page

    @app_commands.command(description="How to paint, edit and find your pictures, with examples")
    async def help(self, interaction: discord.Interaction[FaradayBot]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await pager.reply(interaction, "help", await self.page(interaction, 0, ""))

    async def page(self, interaction: discord.Interaction[FaradayBot], number: int, query: str) -> Page:
        number, pages = page_of(number, len(guidance.PAGES), 1)
        page = guidance.PAGES[number]
        embed = discord.Embed(title=page.title, description=page.text)
        picture = await shipped(page.picture, page.shows)
        if picture is not None:
            embed.set_image(url=f"attachment://{picture.name}")
        shown = [picture] if picture is not None else []
        return Page(embeds=[embed], pictures=shown, number=number, pages=pages)

    @app_commands.command(description="What I am, and the models I paint with")
    async def about(self, interaction: discord.Interaction[FaradayBot]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        dispatcher = self.bot.dispatcher
        bundles = list(dispatcher.bundles.values())
        engines = [lane.ready.device if lane.ready else "" for lane in dispatcher.lanes]
        await answer(interaction, guidance.about(recipe.VERSION, engines, bundles, len(self.bot.guilds)))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(HelpCog(bot))
