"""The finished picture as an ordinary message, exactly once.

Discord may have taken a message whose answer was lost. The nonce makes a repeat harmless for some minutes; after a
restart the channel is searched for the job's file name first.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import discord

from bot import attachments, recipe, wording, wording_safety
from bot.controls import under_picture
from bot.jobs import Job
from bot.moderation.screen import Cover
from bot.observer import DeliveryImpossible

log = logging.getLogger(__name__)

SPOILER = "SPOILER_"  # Discord covers files whose name begins so
Attach = Callable[[], list[discord.File]]
_SEARCHED = 1000  # messages since the job began


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where the finished picture is."""

    channel_id: int
    message_id: int


class Delivery:
    """Posts finished pictures for :class:`bot.publisher.Publisher`."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def post(self, job: Job, png: bytes, line: str, factor: int, cover: Cover, *, search: bool) -> Posted:
        """Post ``png``, ``factor`` times as large and with the recipe ``line``, where the job lives; or where it was
        asked, if that is closed. What is withheld is only told of.

        ``search``: it may have been posted before. Raises :class:`DeliveryImpossible` when no channel takes it,
        and whatever the network does.
        """
        if cover is Cover.WITHHELD:
            return await self._post_first(job, wording_safety.withheld(job, line), list, search=search)
        shown, width, height = await asyncio.to_thread(_finish, png, line, factor)
        limit = size_limit(self._client, job.guild_id)
        if len(shown) > limit:
            shown, width, height = await asyncio.to_thread(recipe.stamp, png, line), job.spec.width, job.spec.height
        if len(shown) > limit:
            raise DeliveryImpossible(
                f"The picture has {len(shown) / 2**20:.0f} MiB and this server takes {limit / 2**20:.0f}. "
                "Ask for a smaller size."
            )
        name = SPOILER * (cover is Cover.SPOILER) + file_name(job)

        def attach() -> list[discord.File]:  # anew for each attempt, which closes it
            return [discord.File(io.BytesIO(shown), name, description=wording.alt_text(job))]

        return await self._post_first(job, wording.final(job, line, width, height), attach, search=search)

    async def _post_first(self, job: Job, text: str, attach: Attach, *, search: bool) -> Posted:
        """In the first channel that takes it."""
        for channel_id in channels(job):
            try:
                return await self._post_in(channel_id, job, text, attach, search=search)
            except discord.HTTPException as error:
                if not refused(error):
                    raise
                log.warning("job %d: channel %d does not take the picture: %s", job.id, channel_id, error)
        raise DeliveryImpossible("I may no longer post where this was asked, so the picture could not be shown.")

    async def unpost(self, job: Job) -> bool:
        """Delete the message with the picture, and its timelapses; whether the picture is gone now.

        Raises what the network does.
        """
        for channel_id in channels(job):
            channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
            async for message in self._mine(channel, job):
                if any(file.filename.removeprefix(SPOILER) == film_name(job) for file in message.attachments):
                    await message.delete()
        return job.final_message_id is None or await self._delete_final(job, job.final_message_id)

    async def _delete_final(self, job: Job, message_id: int) -> bool:
        gone = True
        for channel_id in channels(job):
            channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
            try:
                await channel.get_partial_message(message_id).delete()
                return True
            except discord.HTTPException as error:
                if not refused(error):
                    raise
                gone &= error.status == 404  # the message, or its channel
                log.info("job %d: its message is not to be deleted in channel %d: %s", job.id, channel_id, error)
        return gone

    async def _post_in(self, channel_id: int, job: Job, text: str, attach: Attach, *, search: bool) -> Posted:
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        if search and (found := await self._find(channel, job)):
            return found
        message = await channel.send(
            text,
            files=attach(),
            allowed_mentions=only(job.requester_id),
            nonce=_nonce(job),
            suppress_embeds=True,
            view=under_picture(job.id),
        )
        return Posted(channel_id=channel_id, message_id=message.id)

    async def _find(self, channel: discord.PartialMessageable, job: Job) -> Posted | None:
        async for message in self._mine(channel, job):
            if _is_final(message, job):
                log.info("job %d: was posted already, as message %d", job.id, message.id)
                return Posted(channel_id=channel.id, message_id=message.id)
        return None

    async def _mine(self, channel: discord.PartialMessageable, job: Job) -> AsyncIterator[discord.Message]:
        """The bot's own messages since the job began, oldest first; none in a channel that cannot be read."""
        began = discord.Object(job.card_message_id or discord.utils.time_snowflake(job.created_at))
        try:
            async for message in channel.history(after=began, oldest_first=True, limit=_SEARCHED):
                if self._client.user is not None and message.author.id == self._client.user.id:
                    yield message
        except (discord.Forbidden, discord.NotFound):  # which, of the history, need not mean none to post
            log.warning("job %d: I may not look in channel %d what was posted", job.id, channel.id)


def size_limit(client: discord.Client, guild_id: int | None) -> int:
    """Bytes of a file that Discord takes there."""
    guild = client.get_guild(guild_id) if guild_id else None
    return guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


def refused(error: discord.HTTPException) -> bool:
    """Discord understood and said no: asking again changes nothing."""
    return 400 <= error.status < 500 and error.status != 429


def file_name(job: Job) -> str:
    """The name by which a picture is found again."""
    return f"faraday-{job.id}.png"


def film_name(job: Job) -> str:
    """The same for its timelapse."""
    return f"timelapse-{job.id}.mp4"


def _is_final(message: discord.Message, job: Job) -> bool:
    """By the file's name, or by the mark of what was withheld."""
    names = {file.filename.removeprefix(SPOILER) for file in message.attachments}
    return file_name(job) in names or wording_safety.withheld_mark(job) in message.content.splitlines()


def only(user_id: int) -> discord.AllowedMentions:
    """Whatever the text says, nobody else is notified."""
    return discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(user_id)], replied_user=False)


def channels(job: Job) -> Iterator[int]:
    """Where its picture may be, the likeliest first."""
    if job.thread_id is not None:
        yield job.thread_id
    if job.channel_id != job.thread_id:
        yield job.channel_id


def _nonce(job: Job) -> str:
    """At most 25 characters; the time tells jobs apart that two databases gave the same number."""
    return f"{job.id:x}-{job.created_at.timestamp() * 1e6:.0f}"[-25:]


def _finish(png: bytes, line: str, factor: int) -> tuple[bytes, int, int]:
    """The picture as it is shown: large enough to see, with its recipe inside."""
    large, width, height = attachments.enlarge(png, factor)
    return recipe.stamp(large, line), width, height
