"""Messages that ask: ``.imagine …`` paints, and a reply to a picture with ``.edit …`` or a mention edits it.

A reply edits the picture replied to, any other message its first one. Further pictures are image prompts, and a file
with “mask” in its name is the mask.
"""

import logging

import discord
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import permissions
from bot.domain.job import Kind
from bot.domain.place import Asker, Place
from bot.errors import NothingToEdit
from bot.gateway.replies import explain
from bot.members.hints import Hints
from bot.requests.pictures import Attached, attached, download, find_kept, guides, in_message
from bot.requests.request import Picture, Request, Upload
from bot.texts import answers, refusals
from bot.words import prompts
from bot.words.prompts import Wish

log = logging.getLogger(__name__)

_TYPED = (discord.MessageType.default, discord.MessageType.reply)


class RepliesCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self._hints = Hints()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Without the message-content intent most content is empty, and there is nothing to do."""
        if message.author.bot or message.type not in _TYPED or self.bot.user is None:
            return
        try:
            if (text := prompts.imagine_text(message.content, self.bot.user.id)) is not None:
                await self._imagine(message, text)
            elif _may_edit(message, self.bot.user.id):
                text = prompts.edit_text(message.content, self.bot.user.id)
                if text is not None:
                    await self._edit(message, text)
        except Exception as error:
            await self._explain(message, error)

    async def _imagine(self, message: discord.Message, text: str) -> None:
        place = await self._place(message)
        wish = prompts.parse(text)
        files = attached(message.attachments, reply=_is_reply(message))
        picture = Upload(content=await self._fetched(files.pictures[0])) if files.pictures else None
        await self._submit(Kind.IMAGINE, message, place, wish, picture, files, used=1)

    async def _edit(self, message: discord.Message, text: str) -> None:
        """Of the picture replied to, or else of the first one attached."""
        place = await self._place(message)
        wish = prompts.parse(text)
        files = attached(message.attachments, reply=_is_reply(message))
        if not _is_reply(message):
            if not files.pictures:
                raise NothingToEdit()
            content = await self._fetched(files.pictures[0])
            own = Upload(content=content, message_id=message.id, channel_id=message.channel.id)
            return await self._submit(Kind.EDIT, message, place, wish, own, files, used=1)
        if message.reference is not None and message.reference.message_id is not None:
            await find_kept(self.bot.queue, message.reference.message_id)  # a deleted one cannot be read any more
        replied = await _replied_to(message)
        if replied.author != self.bot.user and not replied.attachments:
            raise NothingToEdit(self._unseen(message))
        most = self.bot.config.limits.max_upload_bytes
        picture = await in_message(self.bot.queue, replied, max_bytes=most)
        await self._submit(Kind.EDIT, message, place, wish, picture, files, used=0)

    def _unseen(self, message: discord.Message) -> str:
        """Whether there is no picture, or Discord does not show it, cannot be told apart without the intent."""
        if message.guild is None or self.bot.config.discord.message_content:
            return refusals.NONE_THERE
        due = self._hints.due(message.guild.id, message.author.id)
        return refusals.UNSEEN if due else refusals.STILL_UNSEEN

    async def _place(self, message: discord.Message) -> Place:
        place = await permissions.of_channel(self.bot, message.channel.id)
        permissions.check(place)
        return place

    async def _fetched(self, file: discord.Attachment) -> bytes:
        return await download(file, max_bytes=self.bot.config.limits.max_upload_bytes)

    async def _submit(
        self,
        kind: Kind,
        message: discord.Message,
        place: Place,
        wish: Wish,
        picture: Picture | None,
        files: Attached,
        *,
        used: int,
    ) -> None:
        """All files but the first ``used`` pictures guide it, or say where to paint."""
        mask, image_prompts = await guides(files, skip=used, max_bytes=self.bot.config.limits.max_upload_bytes)
        await self.bot.submitter.submit(
            Request(
                kind=kind,
                asker=Asker(user_id=message.author.id, place=place, roles=permissions.roles_of(message.author)),
                wish=wish,
                picture=picture,
                mask=mask,
                image_prompts=image_prompts,
                source_message_id=message.id,
            )
        )

    async def _explain(self, message: discord.Message, error: Exception) -> None:
        try:
            await message.reply(explain(error), mention_author=False)
        except discord.HTTPException as refusal:  # as where it may not write at all
            log.info("message %d could not be answered: %s", message.id, refusal)


def _may_edit(message: discord.Message, bot_id: int) -> bool:
    """A reply, or a message with a picture of its own and the command: a mere mention with one may mean anything."""
    replies = message.type is discord.MessageType.reply
    return replies or (bool(message.attachments) and prompts.commands_edit(message.content, bot_id))


async def _replied_to(message: discord.Message) -> discord.Message:
    """Raises :class:`NothingToEdit` when it was deleted or cannot be read."""
    reference = message.reference
    if reference is not None and isinstance(reference.resolved, discord.Message):
        return reference.resolved
    if reference is None or reference.message_id is None or reference.resolved is not None:
        raise NothingToEdit(answers.GONE_REPLY)
    try:
        return await message.channel.fetch_message(reference.message_id)
    except discord.HTTPException:
        raise NothingToEdit(answers.UNREADABLE_REPLY) from None


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(RepliesCog(bot))


def _is_reply(message: discord.Message) -> bool:
    return message.type is discord.MessageType.reply
