"""/imagine: a picture from words."""

from __future__ import annotations

import discord
from discord import app_commands
from discord.ext import commands

from bot import options, permissions, wording
from bot.app import FaradayBot, answer
from bot.jobs import Kind
from bot.pictures import Upload, download
from bot.submit import Request


class Imagine(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="Paint a picture from words")
    @app_commands.describe(
        prompt="What to paint. Several parts: fog:0.5 | a tree",
        image="A picture to start from",
        **options.DESCRIPTIONS,
    )
    @app_commands.autocomplete(size=options.suggest_size, bundle=options.suggest_bundle)
    async def imagine(
        self,
        interaction: discord.Interaction[FaradayBot],
        prompt: str,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        seed: options.Seed | None = None,
        bundle: str | None = None,
        image: discord.Attachment | None = None,
        strength: options.Strength | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        place = permissions.of_interaction(interaction)
        permissions.check(place)
        wish = options.wish(prompt, size, iterations, seed, bundle, strength)
        picture = None
        if image is not None:
            picture = Upload(content=await download(image, max_bytes=self.bot.config.limits.max_upload_bytes))
        job = await self.bot.submitter.submit(
            Request(
                kind=Kind.IMAGINE,
                place=place,
                requester_id=interaction.user.id,
                roles=permissions.roles_of(interaction.user),
                wish=wish,
                picture=picture,
            )
        )
        await answer(interaction, wording.acknowledgement(job, await self.bot.queue.position(job.id)))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(Imagine(bot))
