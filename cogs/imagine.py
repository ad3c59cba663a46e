"""/imagine: pictures from words."""

from dataclasses import replace
from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.job import Kind
from bot.gateway.replies import answer
from bot.requests.pictures import guided, sent, uploaded
from bot.requests.request import Request
from bot.texts import card
from bot.words.prompts import with_options

Count: TypeAlias = app_commands.Range[int, 1, 4]


class ImagineCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="Paint a picture from words")
    @app_commands.describe(
        prompt="What to paint. Several parts: fog:0.5 | a tree",
        image="A picture to start from",
        count="How many pictures, each with a seed of its own",
        **options.DESCRIPTIONS,
    )
    @app_commands.autocomplete(
        prompt=options.suggest_prompt,
        style=options.suggest_style,
        size=options.suggest_size,
        bundle=options.suggest_bundle,
    )
    async def imagine(
        self,
        interaction: discord.Interaction[FaradayBot],
        prompt: str,
        style: str | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        seed: options.Seed | None = None,
        bundle: str | None = None,
        image: discord.Attachment | None = None,
        strength: options.Strength | None = None,
        mask: discord.Attachment | None = None,
        image_prompt: discord.Attachment | None = None,
        image_prompt_weight: options.Weight | None = None,
        count: Count = 1,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        wish = with_options(
            prompt, size, iterations=iterations, seed=seed, bundle=bundle, strength=strength, style=style
        )
        wish = options.weighed(wish, image_prompt, image_prompt_weight)
        most = self.bot.config.limits.max_upload_bytes

        async def fetch(request: Request) -> Request:
            if image is not None:
                request = replace(request, picture=await uploaded(image, max_bytes=most))
            return await guided(request, sent(image_prompt, mask), max_bytes=most)

        asked = Request(kind=Kind.IMAGINE, asker=permissions.asker_of(interaction), wish=wish)
        jobs, refusal = await self.bot.submitter.submit_series(asked, fetch, count)
        first = await self.bot.queue.position(jobs[0].id)
        await answer(interaction, card.acknowledgements(jobs, first, refusal))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(ImagineCog(bot))
