"""Messages that ask: ``.imagine …`` paints, and a reply to a picture with ``.edit …`` or a mention edits it.

A reply edits the picture replied to, any other message its first one. Further pictures are image prompts, and a file
with “mask” in its name is the mask.
"""

import logging
from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta

import discord
from discord.ext.commands import Cog

from bot.app import FaradayBot
from bot.components import permissions
from bot.domain.job import Kind
from bot.domain.place import Asker
from bot.errors import AskedAlready, NothingToEdit
from bot.gateway.replies import explain
from bot.members.hints import Hints
from bot.requests.pictures import (
    Attached,
    attached,
    files_of,
    find_kept,
    guided,
    in_message,
    shows_embed,
    unwrapped,
    uploaded,
)
from bot.requests.request import Picture, Request
from bot.requests.submit import Fetch
from bot.texts import answers, refusals
from bot.words import commands, nearest, prompts
from bot.words.prompts import Wish

log = logging.getLogger(__name__)

_TYPED = (discord.MessageType.default, discord.MessageType.reply)
_REMEMBERED = 2000  # messages that were answered
_EDIT_FRESH = timedelta(minutes=2)  # Discord tells of an edit again when a message is pinned or a preview is added


class RepliesCog(Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self._hints = Hints()
        self._heard: OrderedDict[tuple[int, str], None] = OrderedDict()  # so that an event told twice is heard once

    @Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Do what a message asks for. Without the message-content intent most content is empty."""
        if message.author.bot or message.type not in _TYPED or self.bot.user is None or self._again(message):
            return
        try:
            if not await self._asked(message, self._content(message)):
                await self._hint(message, self._content(message))
        except AskedAlready:
            log.info("message %d has asked already", message.id)
        except Exception as error:
            await self._explain(message, error)

    @Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Hear an edited message. One that now is a command asks like a new one, but only once."""
        message = payload.message
        edited = message.edited_at
        if edited is None or discord.utils.utcnow() - edited > _EDIT_FRESH or self.bot.user is None:
            return
        text = self._content(message)
        if commands.imagine_text(text, self.bot.user.id) is not None or commands.commands_edit(text, self.bot.user.id):
            await self.on_message(message)

    def _again(self, message: discord.Message) -> bool:
        """Return whether this message was heard before with these words. It is noted."""
        key = message.id, message.content
        if key in self._heard:
            return True
        self._heard[key] = None
        while len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return False

    def _content(self, message: discord.Message) -> str:
        """Return what a message says, with the bot mentioned where its own role is mentioned at the start."""
        role = message.guild.self_role if message.guild is not None else None
        text = message.content.strip()
        if role is not None and self.bot.user is not None and text.startswith(role.mention):
            return f"{self.bot.user.mention}{text.removeprefix(role.mention)}"
        return text

    async def _asked(self, message: discord.Message, content: str) -> bool:
        """Do what the message asks for, and return whether it asks for anything."""
        assert self.bot.user is not None
        if (text := commands.imagine_text(content, self.bot.user.id)) is not None:
            await self._imagine(message, text)
            return True
        replies = message.type is discord.MessageType.reply
        if not (replies or commands.commands_edit(content, self.bot.user.id)):
            return False
        if (text := commands.edit_text(content, self.bot.user.id)) is None:
            return False
        await self._edit(message, text)
        return True

    async def _hint(self, message: discord.Message, content: str) -> None:
        """Answer, in one sentence, what was plainly meant for the bot but asks for nothing."""
        assert self.bot.user is not None
        me = self.bot.user
        spoken = content.startswith((me.mention, f"<@!{me.id}>"))
        role = message.guild.self_role if message.guild is not None else None
        words = commands.unmentioned(content, me.id)
        if (meant := nearest.command(words)) is not None:
            text = answers.did_you_mean(*meant, typed=meant[1] in commands.TYPED)
        elif not content and role is not None and role in message.role_mentions:
            text = answers.role_mentioned(me.id)
        elif (message.guild is None and content) or (spoken and not message.attachments):
            text = answers.how_to_ask(words)
        else:
            return
        await self._say(message, text)

    async def _imagine(self, message: discord.Message, text: str) -> None:
        files = attached(message.attachments, reply=_is_reply(message))

        async def fetch(request: Request) -> Request:
            return await self._guided(replace(request, picture=await self._first(files)), files, used=1)

        await self._submit(Kind.IMAGINE, message, prompts.parse(text), fetch)

    async def _edit(self, message: discord.Message, text: str) -> None:
        """Edit the picture replied to, or else the first one attached."""
        files = attached(message.attachments, reply=_is_reply(message))

        async def fetch(request: Request) -> Request:
            if _is_reply(message):
                return await self._guided(replace(request, picture=await self._replied(message)), files, used=0)
            if (own := await self._first(files, message)) is None:
                raise NothingToEdit(answers.NOTHING_ATTACHED)
            return await self._guided(replace(request, picture=own), files, used=1)

        await self._submit(Kind.EDIT, message, prompts.parse(text), fetch)

    async def _replied(self, message: discord.Message) -> Picture:
        """Return the picture of the message replied to. Raises :class:`bot.errors.UserError` if it has none."""
        if message.reference is not None and message.reference.message_id is not None:
            await find_kept(self.bot.queue, message.reference.message_id)  # a deleted one cannot be read any more
        replied = await unwrapped(self.bot, await _replied_to(message))
        if replied.author != self.bot.user and not files_of(replied) and not shows_embed(replied):
            raise NothingToEdit(self._unseen(message))
        most = self.bot.config.limits.max_upload_bytes
        return await in_message(self.bot, self.bot.queue, replied, max_bytes=most)

    def _unseen(self, message: discord.Message) -> str:
        """Say why no picture is seen. Without the intent an absent picture and a hidden one look alike."""
        if message.guild is None or self.bot.config.discord.message_content:
            return refusals.NONE_THERE
        due = self._hints.due(message.guild.id, message.author.id)
        return refusals.UNSEEN if due else refusals.STILL_UNSEEN

    async def _first(self, files: Attached, message: discord.Message | None = None) -> Picture | None:
        """Return the first picture attached, linked to ``message`` if that is given."""
        if not files.pictures:
            return None
        upload = await uploaded(files.pictures[0], max_bytes=self.bot.config.limits.max_upload_bytes)
        return upload if message is None else replace(upload, message_id=message.id, channel_id=message.channel.id)

    async def _guided(self, request: Request, files: Attached, *, used: int) -> Request:
        """Return the request with all files but the first ``used`` pictures, which guide it or say where to paint."""
        return await guided(request, files, skip=used, max_bytes=self.bot.config.limits.max_upload_bytes)

    async def _submit(self, kind: Kind, message: discord.Message, wish: Wish, fetch: Fetch) -> None:
        place = await permissions.of_channel(self.bot, message.channel.id)
        asked = Request(
            kind=kind,
            asker=Asker(user_id=message.author.id, place=place, roles=permissions.roles_of(message.author)),
            wish=wish,
            source_message_id=message.id,
            asking_message_id=message.id,
        )
        await self.bot.submitter.submit(asked, fetch)

    async def _explain(self, message: discord.Message, error: Exception) -> None:
        await self._say(message, explain(error))

    async def _say(self, message: discord.Message, text: str) -> None:
        try:
            await message.reply(text, mention_author=False)
        except discord.HTTPException as refusal:  # as where it may not write at all
            log.info("message %d could not be answered: %s", message.id, refusal)


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
