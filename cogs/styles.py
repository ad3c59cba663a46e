"""/styles: words saved under a name, shown with a picture of each."""

from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, pager, permissions
from bot.components.pages import Page, PagePicture, page_of, painted, shipped
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.domain.style import Style
from bot.errors import BadSetting, NotYours, UserError
from bot.gateway.replies import answer
from bot.texts import answers, lookups

EACH = 4  # on a page
Name: TypeAlias = app_commands.Range[str, 1, 32]
Words: TypeAlias = app_commands.Range[str, 1, 300]


class StylesCog(commands.GroupCog, name="styles", description="Words that can be painted with by a name"):
    def __init__(self, bot: FaradayBot) -> None:
        super().__init__()
        self.bot = bot
        bot.pages["styles"] = self.page

    @app_commands.command(name="list", description="Your styles, those of this server and the built-in ones")
    async def list_(self, interaction: discord.Interaction[FaradayBot]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await pager.reply(interaction, "styles", await self.page(interaction, 0, ""))

    @app_commands.command(description="Make a style, or change yours of that name")
    @app_commands.describe(
        style="Its name: one word, as watercolor",
        words="With {prompt} where the prompt goes: a watercolor of {prompt}",
        share="Whether everyone on this server can paint with it",
    )
    async def save(
        self, interaction: discord.Interaction[FaradayBot], style: Name, words: Words, share: bool = False
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        mine = await self.bot.styles.own(style, interaction.user.id)
        shared, why_not = interaction.guild_id if share else mine.guild_id if mine else None, ""
        try:
            if share or shared:
                await self._check_shared(f"{style} | {words}", shared)
        except UserError as error:  # saved all the same, so that nothing that was typed is lost
            shared, why_not = None, str(error)
        saved = await self.bot.styles.save(interaction.user.id, style, words, shared)
        await answer(interaction, lookups.style_saved(saved, interaction.guild_id, why_not))

    @app_commands.command(description="Let everyone on this server paint with a style of yours, or no longer")
    @app_commands.describe(style="Which one", on="Whether it is shared")
    @app_commands.autocomplete(style=options.suggest_style)
    async def share(self, interaction: discord.Interaction[FaradayBot], style: str, on: bool = True) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._own(interaction, style, moderators=not on)
        await answer(interaction, await self._share(interaction, found, on=on))

    @app_commands.command(description="Delete a style of yours; its pictures stay")
    @app_commands.describe(style="Which one")
    @app_commands.autocomplete(style=options.suggest_style)
    async def delete(self, interaction: discord.Interaction[FaradayBot], style: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._own(interaction, style, moderators=False)
        await self.bot.styles.delete(found)
        await answer(interaction, f"Deleted: {found.name}")

    async def _share(self, interaction: discord.Interaction[FaradayBot], style: Style, *, on: bool) -> str:
        if interaction.guild_id is None:
            raise BadSetting(answers.NO_SERVER_TO_SHARE_WITH)
        if on:
            await self._check_shared(f"{style.name} | {style.words}", interaction.guild_id)
        elif style.owner_id != interaction.user.id:
            subject = f"{style.name} of {style.owner_id}"
            await self.bot.rules.note(interaction.guild_id, interaction.user.id, "unshare style", subject)
        await self.bot.styles.share(style, interaction.guild_id if on else None)
        return lookups.SHARED if on else lookups.UNSHARED

    async def _check_shared(self, text: str, guild_id: int | None) -> None:
        """Raises :class:`bot.errors.UserError` for words that the server does not allow, and where there is none."""
        if guild_id is None:
            raise BadSetting(answers.NO_SERVER_TO_SHARE_WITH)
        await self.bot.gate.check_words(text, guild_id, of="style")

    async def _own(self, interaction: discord.Interaction[FaradayBot], name: str, *, moderators: bool) -> Style:
        """Raises :class:`NotYours` for somebody else's; who manages the server may take one out of it."""
        style = await self.bot.styles.find(name, interaction.user.id, interaction.guild_id)
        if style.built_in:
            raise NotYours(answers.built_in(style.name))
        if style.owner_id != interaction.user.id:
            if not moderators:
                raise NotYours(answers.style_of(style.name, style.owner_id))
            permissions.may_set(interaction)
        return style

    async def _open(self, job: Job, channel: object) -> bool:
        """Return whether a picture may be shown uncovered there."""
        if self.bot.screen.withholds(job.unsafe, channel):
            return False
        return await self.bot.screen.cover(job, None) is Cover.NONE

    async def page(self, interaction: discord.Interaction[FaradayBot], number: int, query: str) -> Page:
        known = await self.bot.styles.all(interaction.user.id, interaction.guild_id)
        number, pages = page_of(number, len(known), EACH)
        there = known[number * EACH : (number + 1) * EACH]
        jobs = await self.bot.archive.painted_in([style.id for style in there])
        embeds, shown = [], []
        for style in there:
            job = jobs.get(style.id)
            seen = job is not None and permissions.may_see(interaction, job)
            visible = seen and job is not None and await self._open(job, interaction.channel)
            picture = await painted(self.bot.files, job) if job and visible else await _sample(style)
            embed = lookups.style(style, interaction.user.id)
            if picture is not None:
                embed.set_thumbnail(url=f"attachment://{picture.name}")
                shown.append(picture)
            embeds.append(embed)
        text = lookups.styles(number, pages)
        return Page(content=text, embeds=embeds, pictures=shown, number=number, pages=pages)


async def _sample(style: Style) -> PagePicture | None:
    return await shipped(f"style-{style.name}", style.name) if style.built_in else None


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(StylesCog(bot))
