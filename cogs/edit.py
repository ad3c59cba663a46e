"""/edit: another picture from one that is there, attached or the newest around."""

import dataclasses

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.job import Kind
from bot.domain.place import Place
from bot.gateway.replies import answer
from bot.requests.pictures import guided, newest, sent, uploaded
from bot.requests.request import Picture, Request
from bot.texts import card
from bot.words.prompts import with_options


class EditCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(description="Change a picture by words: the attached one, or else the newest one here")
    @app_commands.describe(
        prompt="What the picture should become, or what takes the place of what is replaced",
        image="The picture to edit; without one I take the newest here",
        replace="What to find in the picture and paint anew, for example: the dog",
        **options.DESCRIPTIONS,
    )
    @app_commands.autocomplete(
        prompt=options.suggest_prompt,
        style=options.suggest_style,
        size=options.suggest_size,
        bundle=options.suggest_bundle,
    )
    async def edit(
        self,
        interaction: discord.Interaction[FaradayBot],
        prompt: str,
        image: discord.Attachment | None = None,
        strength: options.Strength | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        seed: options.Seed | None = None,
        bundle: str | None = None,
        style: str | None = None,
        mask: discord.Attachment | None = None,
        replace: str | None = None,
        image_prompt: discord.Attachment | None = None,
        image_prompt_weight: options.Weight | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        settings = {"iterations": iterations, "seed": seed, "bundle": bundle, "strength": strength, "style": style}
        wish = options.replacing(with_options(prompt, size, plain=True, **settings), replace)
        wish = options.weighed(wish, image_prompt, image_prompt_weight)
        most = self.bot.config.limits.max_upload_bytes

        async def fetch(request: Request) -> Request:
            request = dataclasses.replace(request, picture=await self._picture(request.place, image))
            return await guided(request, sent(image_prompt, mask), max_bytes=most)

        asked = Request(kind=Kind.EDIT, asker=permissions.asker_of(interaction), wish=wish)
        job = await self.bot.submitter.submit(asked, fetch)
        await answer(interaction, card.acknowledgement(job, await self.bot.queue.position(job.id)))

    async def _picture(self, place: Place, image: discord.Attachment | None) -> Picture:
        most = self.bot.config.limits.max_upload_bytes
        if image is not None:
            return await uploaded(image, max_bytes=most)
        return await newest(self.bot, self.bot.queue, place.channel_id, max_bytes=most)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(EditCog(bot))
