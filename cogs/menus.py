"""*Edit picture* and *Start from this* on any message with a picture, and /timelapse."""

from dataclasses import replace
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import forms, options, permissions
from bot.domain.job import Kind, Sequel
from bot.errors import NothingToEdit, UnknownJob
from bot.gateway.replies import answer, explain
from bot.requests import pictures
from bot.requests.request import Picture, Request
from bot.texts import answers, card, refusals

_REMEMBERED = 200  # messages whose forms may be open
_KINDS = {"Edit picture": Kind.EDIT, "Start from this": Kind.IMAGINE}


class MenusCog(commands.Cog):
    """Discord shows a member's picture when the menu is used, but not when its form comes back: it is remembered."""

    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self._seen: dict[int, discord.Message] = {}
        self._menus = [app_commands.ContextMenu(name=name, callback=self.open_form) for name in _KINDS]
        for menu in self._menus:
            bot.tree.add_command(menu)

    async def cog_unload(self) -> None:
        for menu in self._menus:
            self.bot.tree.remove_command(menu.name, type=menu.type)

    async def open_form(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await self.bot.admission.allow_post(permissions.asker_of(interaction))
        if await pictures.find_kept(self.bot.queue, message.id) is None and not pictures.files_of(
            shown := await pictures.unwrapped(self.bot, message)
        ):
            raise NothingToEdit(refusals.EMBEDDED if pictures.shows_embed(shown) else refusals.NONE_THERE)
        self._seen[message.id] = message
        while len(self._seen) > _REMEMBERED:
            self._seen.pop(next(iter(self._seen)))
        assert interaction.command is not None
        await interaction.response.send_modal(forms.of_message(_KINDS[interaction.command.name], message.id))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Read a form that was opened by a menu, which may have been before a restart."""
        if (filled := forms.filled_of_message(interaction)) is None:
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            told = await self._submit(interaction, filled)
        except Exception as error:
            told = explain(error)
        await answer(interaction, told)

    async def _submit(self, interaction: discord.Interaction[Any], filled: forms.FilledOfMessage) -> str:
        async def fetch(request: Request) -> Request:
            return replace(request, picture=await self._picture(interaction, filled.message_id))

        asked = Request(
            kind=filled.kind,
            asker=permissions.asker_of(interaction),
            wish=filled.wish(),
            source_message_id=filled.message_id,
        )
        job = await self.bot.submitter.submit(asked, fetch)
        return card.acknowledgement(job, await self.bot.queue.position(job.id))

    async def _picture(self, interaction: discord.Interaction[Any], message_id: int) -> Picture:
        """Return the picture as the menu saw it, or from the message fetched anew: a link lives for a day."""
        most = self.bot.config.limits.max_upload_bytes
        if (seen := self._seen.get(message_id)) is not None:
            try:
                return await pictures.in_message(self.bot, self.bot.queue, seen, max_bytes=most)
            except NothingToEdit as error:
                if str(error) != refusals.NOT_FETCHED:
                    raise
        message = await self._fetched(interaction, message_id)
        if seen is not None and not pictures.files_of(await pictures.unwrapped(self.bot, message)):
            raise NothingToEdit(refusals.NOT_FETCHED)
        return await pictures.in_message(self.bot, self.bot.queue, message, max_bytes=most)

    async def _fetched(self, interaction: discord.Interaction[Any], message_id: int) -> discord.Message:
        try:
            return await self.bot.get_partial_messageable(interaction.channel_id or 0).fetch_message(message_id)
        except discord.HTTPException:
            raise NothingToEdit(answers.UNREADABLE) from None

    @app_commands.command(description="The film of how a picture was painted, by the picture's number")
    @app_commands.describe(job="The number, as in #12")
    @app_commands.autocomplete(job=options.suggest_job)
    async def timelapse(self, interaction: discord.Interaction[FaradayBot], job: str) -> None:
        number = options.job_number(job)
        found = await self.bot.queue.get(number)
        if found is None or not permissions.may_see(interaction, found):
            raise UnknownJob()
        await self.bot.followups.pressed(interaction, Sequel.TIMELAPSE, number)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(MenusCog(bot))
