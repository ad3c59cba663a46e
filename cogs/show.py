"""/show and *Show recipe*: a picture's recipe, where it comes from, and the picture itself."""

import asyncio

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, pager, permissions
from bot.components.pages import Page, PagePicture, painted
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.errors import NothingToEdit, UnknownJob
from bot.gateway.replies import answer
from bot.requests import pictures
from bot.texts import lookups
from bot.words import recipe

_ANCESTORS = 10


class ShowCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name="Show recipe", callback=self.recipe)
        bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(description="A picture by its number: recipe, parents, pictures")
    @app_commands.describe(job="The number, as in #12")
    @app_commands.autocomplete(job=options.suggest_job)
    async def show(self, interaction: discord.Interaction[FaradayBot], job: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self.bot.queue.get(options.job_number(job))
        if found is None or not permissions.may_see(interaction, found):
            raise UnknownJob()
        await pager.reply(interaction, "show", await self._shown(interaction, found))

    async def recipe(self, interaction: discord.Interaction[FaradayBot], message: discord.Message) -> None:
        """Show the recipe of any message: of the bot's pictures and cards by number, of others by what they carry."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if job := await self.bot.queue.by_message(message.id):
            return await pager.reply(interaction, "show", await self._shown(interaction, job))
        attachment = pictures.first_picture(pictures.files_of(await pictures.unwrapped(self.bot, message)))
        line = None
        if attachment is not None:
            content = await pictures.download(attachment, max_bytes=self.bot.config.limits.max_upload_bytes)
            line = await asyncio.to_thread(recipe.read, content)
        if line is None:
            raise NothingToEdit(lookups.NOT_MINE)
        await answer(interaction, lookups.found_recipe(line))

    async def _shown(self, interaction: discord.Interaction[FaradayBot], job: Job) -> Page:
        ancestors = [one for one in await self._ancestors(job) if permissions.may_see(interaction, one)]
        text = lookups.shown(job, job.recipe, ancestors)
        found = [await self._picture(interaction, one) for one in (job, *ancestors[:1])]
        shown = [picture for picture in found if picture is not None]
        embeds = [
            discord.Embed().set_image(url=f"attachment://{picture.name}") for picture in shown if not picture.covered
        ]
        return Page(content=text, embeds=embeds, pictures=shown)

    async def _picture(self, interaction: discord.Interaction[FaradayBot], job: Job) -> PagePicture | None:
        """Return the picture; None if it is not on the disk, or must not be seen in this channel."""
        withheld = self.bot.screen.withholds(job.unsafe, interaction.channel)
        covered = await self.bot.screen.cover(job, None) is Cover.SPOILER
        return None if withheld else await painted(self.bot.files, job, covered=covered)

    async def _ancestors(self, job: Job) -> list[Job]:
        """Return what the job came from, the nearest first."""
        chain: list[Job] = []
        while job.parent_id is not None and len(chain) < _ANCESTORS:
            parent = await self.bot.queue.get(job.parent_id)
            if parent is None:
                break
            chain.append(parent)
            job = parent
        return chain


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(ShowCog(bot))
