"""/upscale and *Upscale*: a picture at two or four times its size, refined in overlapping tiles."""

from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.job import Kind
from bot.gateway.replies import answer
from bot.requests import pictures
from bot.requests.request import Picture, Request, Upload
from bot.texts import card
from bot.words.prompts import Wish


class UpscaleCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Upscale", callback=self.of_message)
        bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(description="Enlarge a picture: the attached one, or else the newest one here")
    @app_commands.describe(
        factor="How many times as large; twice when left out",
        image="The picture; without one I take the newest here",
        prompt="What it shows; my own pictures need no words",
        strength="How free the details are: 0 keeps to the picture, 1 paints anew",
        iterations=options.DESCRIPTIONS["iterations"],
    )
    async def upscale(
        self,
        interaction: discord.Interaction[FaradayBot],
        factor: Literal[2, 4] = 2,
        image: discord.Attachment | None = None,
        prompt: str = "",
        strength: options.Strength | None = None,
        iterations: options.Iterations | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        place, most = permissions.of_interaction(interaction), self.bot.config.limits.max_upload_bytes
        permissions.check(place)
        picture: Picture
        if image is not None:
            picture = await pictures.uploaded(image, max_bytes=most)
        else:
            picture = await pictures.newest(self.bot, self.bot.queue, place.channel_id, max_bytes=most)
        wish = Wish(prompt=prompt, strength=strength, iterations=iterations, more={"upscale": factor})
        await self._submit(interaction, wish, picture)

    async def of_message(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Of the bot's pictures and of members'; a member's message says what its picture shows."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        permissions.check(permissions.of_interaction(interaction))
        most = self.bot.config.limits.max_upload_bytes
        picture = await pictures.in_message(self.bot, self.bot.queue, message, max_bytes=most)
        words = message.content if isinstance(picture, Upload) else ""
        await self._submit(interaction, Wish(prompt=words, more={"upscale": 2}), picture)

    async def _submit(self, interaction: discord.Interaction[Any], wish: Wish, picture: Picture) -> None:
        job = await self.bot.submitter.submit(
            Request(
                kind=Kind.UPSCALE,
                asker=permissions.asker_of(interaction),
                wish=wish,
                picture=picture,
            )
        )
        await answer(interaction, card.acknowledgement(job, await self.bot.queue.position(job.id)))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(UpscaleCog(bot))
