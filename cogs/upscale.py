"""/upscale and *Upscale*: a picture at two or four times its size, refined in overlapping tiles."""

from dataclasses import replace
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.job import Kind
from bot.gateway.replies import answer
from bot.requests import pictures
from bot.requests.request import Request, Upload
from bot.requests.submit import Fetch
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
        most = self.bot.config.limits.max_upload_bytes

        async def fetch(request: Request) -> Request:
            if image is not None:
                return replace(request, picture=await pictures.uploaded(image, max_bytes=most))
            channel_id = request.place.channel_id
            return replace(request, picture=await pictures.newest(self.bot, self.bot.queue, channel_id, max_bytes=most))

        wish = Wish(prompt=prompt, strength=strength, iterations=iterations, more={"upscale": factor})
        await self._submit(interaction, wish, fetch)

    async def of_message(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Enlarge the picture of a message. A member's message says what its picture shows."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        most = self.bot.config.limits.max_upload_bytes

        async def fetch(request: Request) -> Request:
            picture = await pictures.in_message(self.bot, self.bot.queue, message, max_bytes=most)
            words = message.content if isinstance(picture, Upload) else ""
            return replace(request, picture=picture, wish=replace(request.wish, prompt=words))

        await self._submit(interaction, Wish(prompt="", more={"upscale": 2}), fetch)

    async def _submit(self, interaction: discord.Interaction[Any], wish: Wish, fetch: Fetch) -> None:
        asked = Request(kind=Kind.UPSCALE, asker=permissions.asker_of(interaction), wish=wish)
        job = await self.bot.submitter.submit(asked, fetch)
        await answer(interaction, card.acknowledgement(job, await self.bot.queue.position(job.id)))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(UpscaleCog(bot))
