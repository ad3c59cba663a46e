"""/describe and *Describe picture*: what a picture shows, in phrases and in a sentence that can be painted."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.requests import describe as looking
from bot.requests.describe import PaintThisButton
from bot.requests.pictures import newest, uploaded
from bot.requests.request import Picture
from bot.texts import descriptions


class DescribeCog(commands.Cog):
    """The answers are for whoever asked alone: they may be about somebody else's picture."""

    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Describe picture", callback=self.described)
        bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(description="What a picture shows: the attached one, or else the newest one here")
    @app_commands.describe(
        image="The picture to describe; without one I take the newest here",
        bundle="The models to look with",
    )
    @app_commands.autocomplete(bundle=options.suggest_bundle)
    async def describe(
        self,
        interaction: discord.Interaction[FaradayBot],
        image: discord.Attachment | None = None,
        bundle: str | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.bot.looking.admit(permissions.asker_of(interaction))
        picture = await self._picture(interaction, image)
        await looking.show(interaction, await self.bot.looking.describe(picture, bundle))

    async def described(self, interaction: discord.Interaction[FaradayBot], message: discord.Message) -> None:
        """Describe the picture of any message, whoever sent it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self.bot.looking.admit(permissions.asker_of(interaction))
        most = self.bot.config.limits.max_upload_bytes
        picture = await looking.in_message(self.bot, self.bot.queue, message, max_bytes=most)
        await looking.show(interaction, await self.bot.looking.describe(picture))

    async def _picture(self, interaction: discord.Interaction[FaradayBot], image: discord.Attachment | None) -> Picture:
        most = self.bot.config.limits.max_upload_bytes
        if image is not None:
            return await uploaded(image, max_bytes=most)
        channel_id = interaction.channel_id or 0
        return await newest(self.bot, self.bot.queue, channel_id, max_bytes=most, otherwise=descriptions.NONE_HERE)


async def setup(bot: FaradayBot) -> None:
    bot.add_dynamic_items(PaintThisButton)
    await bot.add_cog(DescribeCog(bot))


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(PaintThisButton)
