"""/privacy: what is kept of a member, a copy of it, and its end."""

import asyncio
import io
from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components.erasure import EraseButton
from bot.gateway.replies import answer
from bot.members import takeout
from bot.posts.delivery import size_limit
from bot.texts import privacy

Interaction: TypeAlias = discord.Interaction[FaradayBot]


class PrivacyCog(commands.GroupCog, group_name="privacy", group_description="What I keep of you"):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="What I keep of you, and for how long")
    async def show(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.bot.privacy.collect(interaction.user.id)
        await answer(interaction, privacy.kept(self.bot.config.storage, found))

    @app_commands.command(description="A copy of all that I keep of you, for you alone")
    async def export(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.bot.privacy.collect(interaction.user.id)
        limit = size_limit(self.bot, interaction.guild_id)
        pages, left_out = await asyncio.to_thread(takeout.pack, found, self.bot.files, limit)
        await answer(interaction, privacy.exported(len(pages), len(left_out)))
        for number, page in enumerate(pages[: privacy.TOO_MANY], 1):
            out = io.BytesIO()
            await asyncio.to_thread(page.write, out)
            out.seek(0)
            file = discord.File(out, f"kept-{interaction.user.id}-{number}.zip")
            await interaction.followup.send(file=file, ephemeral=True)

    @app_commands.command(description="Delete all that I keep of you, and your pictures on Discord")
    async def erase(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        view = discord.ui.View(timeout=None).add_item(EraseButton(interaction.user.id))
        await interaction.edit_original_response(content=privacy.ASK_ERASE, view=view)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(PrivacyCog(bot))
    bot.add_dynamic_items(EraseButton)


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(EraseButton)
