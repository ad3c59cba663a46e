"""Messages that ask: ``.imagine …`` paints, and a reply to a picture with ``.edit …`` or a mention edits it."""

from __future__ import annotations

import logging

import discord
from discord.ext import commands

from bot import permissions, prompts, wording_answers
from bot.apology import explain
from bot.app import FaradayBot
from bot.errors import NothingToEdit
from bot.jobs import Kind
from bot.pictures import Upload, download, find_kept, first_picture, in_message
from bot.submit import Request

log = logging.getLogger(__name__)

_TYPED = (discord.MessageType.default, discord.MessageType.reply)


class Replies(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Without the message-content intent most content is empty, and there is nothing to do."""
        if message.author.bot or message.type not in _TYPED or self.bot.user is None:
            return
        try:
            if (text := prompts.imagine_text(message.content, self.bot.user.id)) is not None:
                await self._imagine(message, text)
            elif message.type is discord.MessageType.reply:
                text = prompts.edit_text(message.content, self.bot.user.id)
                if text is not None:
                    await self._edit(message, text)
        except Exception as error:
            await self._explain(message, error)

    async def _imagine(self, message: discord.Message, text: str) -> None:
        place = await permissions.of_channel(self.bot, message.channel.id)
        permissions.check(place)
        wish = prompts.parse(text)
        picture = None
        if (attached := first_picture(message.attachments)) is not None:
            picture = Upload(content=await download(attached, max_bytes=self.bot.config.limits.max_upload_bytes))
        await self.bot.submitter.submit(
            Request(
                kind=Kind.IMAGINE,
                place=place,
                requester_id=message.author.id,
                roles=permissions.roles_of(message.author),
                wish=wish,
                picture=picture,
                source_message_id=message.id,
            )
        )

    async def _edit(self, message: discord.Message, text: str) -> None:
        place = await permissions.of_channel(self.bot, message.channel.id)
        permissions.check(place)
        wish = prompts.parse(text)
        if message.reference is not None and message.reference.message_id is not None:
            await find_kept(self.bot.queue, message.reference.message_id)  # a deleted one cannot be read any more
        picture = await in_message(
            self.bot.queue, await _replied_to(message), max_bytes=self.bot.config.limits.max_upload_bytes
        )
        await self.bot.submitter.submit(
            Request(
                kind=Kind.EDIT,
                place=place,
                requester_id=message.author.id,
                roles=permissions.roles_of(message.author),
                wish=wish,
                picture=picture,
                source_message_id=message.id,
            )
        )

    async def _explain(self, message: discord.Message, error: Exception) -> None:
        try:
            await message.reply(explain(error), mention_author=False)
        except discord.HTTPException as refusal:  # as where it may not write at all
            log.info("message %d could not be answered: %s", message.id, refusal)


async def _replied_to(message: discord.Message) -> discord.Message:
    """Raises :class:`NothingToEdit` when it was deleted or cannot be read."""
    reference = message.reference
    if reference is not None and isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if reference is None or reference.message_id is None or reference.resolved is not None:
        raise NothingToEdit(wording_answers.GONE_REPLY)
    try:
        return await message.channel.fetch_message(reference.message_id)
    except discord.HTTPException:
        raise NothingToEdit(wording_answers.UNREADABLE_REPLY) from None


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(Replies(bot))
