"""/imagine: pictures from words."""

from dataclasses import replace
from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.job import Job, Kind
from bot.errors import OverQuota
from bot.gateway.replies import answer
from bot.requests.pictures import any_covered, downloaded, uploaded
from bot.requests.request import Request
from bot.texts import card
from bot.words.prompts import with_options
from engine.messages import MOST_SEED

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
        place = permissions.of_interaction(interaction)
        permissions.check(place)
        wish = with_options(
            prompt, size, iterations=iterations, seed=seed, bundle=bundle, strength=strength, style=style
        )
        wish = options.weighed(wish, image_prompt, image_prompt_weight)
        most = self.bot.config.limits.max_upload_bytes
        guide = await downloaded(image_prompt, max_bytes=most)
        request = Request(
            kind=Kind.IMAGINE,
            asker=permissions.asker_of(interaction),
            wish=wish,
            picture=None if image is None else await uploaded(image, max_bytes=most),
            mask=await downloaded(mask, max_bytes=most),
            image_prompts=() if guide is None else (guide,),
            spoiler=any_covered(mask, image_prompt),
        )
        jobs, refusal = await self._submit(request, count)
        first = await self.bot.queue.position(jobs[0].id)
        await answer(interaction, card.acknowledgements(jobs, first, refusal))

    async def _submit(self, request: Request, count: int) -> tuple[list[Job], str]:
        """The jobs, all in the first one's thread, and why there are fewer than asked for."""
        jobs = [await self.bot.submitter.submit(request)]
        place = replace(request.place, channel_id=jobs[0].thread_id or request.place.channel_id)
        if place.channel_id != request.place.channel_id:
            place = replace(place, in_thread=True, within=(request.place.channel_id, *place.within))
        for number in range(1, count):
            seed = None if request.wish.seed is None else (request.wish.seed + number) % (MOST_SEED + 1)
            another = replace(request, asker=replace(request.asker, place=place), wish=replace(request.wish, seed=seed))
            try:
                jobs.append(await self.bot.submitter.submit(another))
            except OverQuota as over:
                return jobs, str(over)
        return jobs, ""


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(ImagineCog(bot))
