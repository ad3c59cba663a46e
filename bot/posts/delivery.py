"""The finished picture as an ordinary message, exactly once.

Discord may have taken a message whose answer was lost. The nonce makes a repeat harmless for some minutes; after a
restart the channel is searched for the job's file name first. Where a channel takes it no more the next one is tried,
and in the end the requester's direct messages.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import discord

from bot.components.permissions import Guests
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.engines.observer import DeliveryImpossible
from bot.posts import final_message
from bot.posts.final_message import Draft, Final, Way
from bot.posts.renditions import renditions
from bot.texts import endings

log = logging.getLogger(__name__)

_SEARCHED = 1000  # messages since the job began


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Say where the finished picture is; ``answered`` if only an answer to an interaction was allowed."""

    channel_id: int
    message_id: int
    guild_id: int | None = None
    answered: bool = False


class _TooLarge(Exception):
    """Discord did not take a file of that size."""


class Delivery:
    """Posts finished pictures for :class:`bot.posts.publisher.Publisher`."""

    def __init__(self, client: discord.Client, guests: Guests) -> None:
        self._client = client
        self._guests = guests

    async def post(self, job: Job, final: Final, *, search: bool) -> Posted:
        """Post it where the job lives; or where it was asked, if that is closed; or else to its requester alone. What
        is withheld there is only told of.

        ``search``: it may have been posted before. Raises :class:`DeliveryImpossible` when no channel takes it,
        and whatever the network does.
        """
        if set(final.covers.values()) == {Cover.WITHHELD}:
            return await self._post_somewhere(job, final_message.withheld(job, final.recipe), search=search)
        limit, made = size_limit(self._client, job.guild_id), renditions(final.png, final.recipe, final.factor)
        while (shown := await asyncio.to_thread(next, made, None)) is not None:
            if len(shown.content) > limit:
                continue
            try:
                return await self._post_somewhere(job, final_message.picture(job, final, shown), search=search)
            except _TooLarge:
                limit = len(shown.content) - 1
        raise DeliveryImpossible(endings.TAKEN_AT_NO_SIZE)

    async def _post_somewhere(self, job: Job, draft: Draft, *, search: bool) -> Posted:
        try:
            if posted := await self._answer(job, draft):
                return posted
            async for channel in self._places(job):
                if posted := await self._post_in(channel, job, draft, search=search):
                    return posted
        except discord.HTTPException as error:
            if error.status == 413:
                raise _TooLarge from None
            if not refused(error):
                raise
            log.warning("job %d: its requester takes no direct messages: %s", job.id, error)
        raise DeliveryImpossible(endings.CLOSED_EVERYWHERE)

    async def _places(self, job: Job) -> AsyncIterator[discord.PartialMessageable]:
        """Return where its picture may be, the likeliest first; last the requester's direct messages.

        Raises :class:`discord.HTTPException` when those are closed.
        """
        for channel_id in channels(job):
            yield self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        direct = await self._client.create_dm(discord.Object(job.requester_id))
        if direct.id not in channels(job):
            yield self._client.get_partial_messageable(direct.id)

    async def _answer(self, job: Job, draft: Draft) -> Posted | None:
        """Answer the interaction that asked with the picture if that is the only way; None if it is not possible."""
        if (interaction := self._guests.of(job.id)) is None:
            return None
        try:
            message = await interaction.followup.send(wait=True, **draft(Way.ANSWER))
        except discord.HTTPException as error:
            if not refused(error) or error.status == 413:
                raise
            log.warning("job %d: it cannot be answered: %s", job.id, error)
            return None
        return Posted(channel_id=message.channel.id, message_id=message.id, guild_id=job.guild_id, answered=True)

    async def _post_in(
        self, channel: discord.PartialMessageable, job: Job, draft: Draft, *, search: bool
    ) -> Posted | None:
        """Post the picture in a channel; None if the channel does not take it."""
        if search and (found := await self._find(channel, job)):
            return found
        way = Way.ROOM if channel.id in channels(job) else Way.DIRECT
        try:
            message = await channel.send(nonce=_nonce(job), **draft(way))
        except discord.HTTPException as error:
            if not refused(error) or error.status == 413:
                raise
            log.warning("job %d: channel %d does not take the picture: %s", job.id, channel.id, error)
            return None
        return Posted(channel_id=channel.id, message_id=message.id, guild_id=channel.guild_id)

    async def tell(self, job: Job, text: str, nonce: str) -> None:
        """Say something of a job in an ordinary message. Raises as :meth:`post` does."""
        said: dict[str, Any] = {"allowed_mentions": final_message.only(job.requester_id), "suppress_embeds": True}
        if await self._answer(job, lambda _: {"content": text, **said}):
            return
        try:
            async for channel in self._places(job):
                try:
                    await channel.send(text, nonce=nonce, **said)
                    return
                except discord.HTTPException as error:
                    if not refused(error):
                        raise
                    log.info("job %d: channel %d takes no message: %s", job.id, channel.id, error)
        except discord.HTTPException as error:
            if not refused(error):
                raise
        raise DeliveryImpossible(endings.NOWHERE_TO_TELL)

    async def unpost(self, job: Job) -> bool:
        """Delete the message with the picture, and its timelapses; whether the picture is gone now.

        Raises what the network does.
        """
        channel = self._client.get_partial_messageable(next(channels(job)), guild_id=job.guild_id)
        async for message in self._mine(channel, job):
            if any(
                file.filename.removeprefix(final_message.SPOILER) == final_message.film_name(job)
                for file in message.attachments
            ):
                await message.delete()
        return job.final_message_id is None or await self._delete_final(job, job.final_message_id)

    async def delete_card(self, job: Job) -> None:
        """Delete the card and the message that the thread hangs on, which has the thread's id.

        Raises what the network does.
        """
        thread_id = job.thread_id or job.channel_id
        places = [(thread_id, job.card_message_id)]
        if thread_id != job.channel_id:
            places.append((job.channel_id, thread_id))
        for channel_id, message_id in places:
            if message_id is None:
                continue
            channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
            await self._delete(job, channel, message_id)

    async def _delete_final(self, job: Job, message_id: int) -> bool:
        gone = True
        try:
            async for channel in self._places(job):
                if (refusal := await self._delete(job, channel, message_id)) is None:
                    return True
                gone &= refusal.status == 404  # the message, or its channel
        except discord.HTTPException as error:
            if not refused(error):
                raise
            log.info("job %d: its requester takes no direct messages: %s", job.id, error)
        return gone

    async def _delete(
        self, job: Job, channel: discord.PartialMessageable, message_id: int
    ) -> discord.HTTPException | None:
        """Delete one message about the job; what Discord said if it refused. Raises what the network does."""
        interaction = self._guests.of(job.id) if channel.id in channels(job) else None
        try:
            if interaction is not None:
                await interaction.followup.delete_message(message_id)
            else:
                await channel.get_partial_message(message_id).delete()
        except discord.HTTPException as error:
            if not refused(error):
                raise
            log.info("job %d: message %d is not to be deleted: %s", job.id, message_id, error)
            return error
        return None

    async def _find(self, channel: discord.PartialMessageable, job: Job) -> Posted | None:
        async for message in self._mine(channel, job):
            if final_message.is_final(message, job):
                log.info("job %d: was posted already, as message %d", job.id, message.id)
                return Posted(channel_id=channel.id, message_id=message.id, guild_id=channel.guild_id)
        return None

    async def _mine(self, channel: discord.PartialMessageable, job: Job) -> AsyncIterator[discord.Message]:
        """Return the bot's own messages since the job began, oldest first; none in a channel that cannot be read."""
        began = discord.Object(job.card_message_id or discord.utils.time_snowflake(job.created_at))
        try:
            async for message in channel.history(after=began, oldest_first=True, limit=_SEARCHED):
                if self._client.user is not None and message.author.id == self._client.user.id:
                    yield message
        except (discord.Forbidden, discord.NotFound):  # which, of the history, need not mean none to post
            log.warning("job %d: I may not look in channel %d what was posted", job.id, channel.id)


def size_limit(client: discord.Client, guild_id: int | None) -> int:
    """Return the bytes of a file that Discord takes there."""
    guild = client.get_guild(guild_id) if guild_id else None
    return guild.filesize_limit if guild else discord.utils.DEFAULT_FILE_SIZE_LIMIT_BYTES


def refused(error: discord.HTTPException) -> bool:
    """Return whether Discord understood and said no: asking again changes nothing."""
    return 400 <= error.status < 500 and error.status != 429


def channels(job: Job) -> Iterator[int]:
    """Return where its picture may be, the likeliest first."""
    if job.thread_id is not None:
        yield job.thread_id
    if job.channel_id != job.thread_id:
        yield job.channel_id


def _nonce(job: Job) -> str:
    """Return at most 25 characters; the time tells jobs apart that two databases gave the same number."""
    return f"{job.id:x}-{round(job.created_at.timestamp() * 1e6)}"[-25:]
