"""Sends what is kept of a finished picture: its timelapse to where it is, the picture itself by direct message."""

import asyncio
import io
from typing import Any

import discord

from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.domain.place import Place
from bot.errors import CannotPost, NothingToEdit
from bot.images.uploads import enlarge
from bot.jobs.files import Files
from bot.posts.delivery import channels, refused, size_limit
from bot.posts.final_message import file_name, film_name
from bot.texts import answers, card, moderation
from bot.words import recipe


class Sending:
    def __init__(self, client: discord.Client, files: Files) -> None:
        self._client = client
        self._files = files

    async def film(self, job: Job, place: Place, cover: Cover) -> str:
        """Post the timelapse of ``job`` in ``place``; the address of the message.

        Raises :class:`NothingToEdit` when there is none, and :class:`CannotPost`, as for one that is withheld.
        """
        if cover is Cover.WITHHELD:
            raise CannotPost(moderation.FILM_WITHHELD)
        film = await self._files.read(self._files.film(job.id))
        if film is None:
            raise NothingToEdit(answers.NO_FILM)
        limit = size_limit(self._client, place.guild_id)
        if len(film) > limit:
            raise CannotPost(answers.too_large("timelapse", len(film), limit))
        file = discord.File(io.BytesIO(film), film_name(job), spoiler=cover is Cover.SPOILER)
        sent = await self._send_film(job, place, {"content": answers.film(job), "file": file})
        return card.message_url(place.guild_id, place.channel_id, sent.id)

    async def _send_film(self, job: Job, place: Place, message: dict[str, Any]) -> discord.Message:
        message["suppress_embeds"] = True
        if (interaction := place.answering) is not None:
            await interaction.edit_original_response(content=answers.POSTING)  # else the film takes its place
            return await interaction.followup.send(wait=True, **message)
        channel = self._client.get_partial_messageable(place.channel_id, guild_id=place.guild_id)
        return await channel.send(**message, **_reply(job, place.channel_id in channels(job)))

    async def picture(self, job: Job, user_id: int, factor: int, *, spoiler: bool) -> None:
        """Send the finished picture, ``factor`` times as large and as a ``spoiler`` if it was covered, to a member.

        Raises :class:`NothingToEdit` when it is no longer kept, and :class:`CannotPost` when Discord refuses.
        """
        png = await self._files.read(self._files.final(job.id))
        if png is None:
            raise NothingToEdit()
        line = job.recipe or ""
        large, width, height = await asyncio.to_thread(enlarge, png, factor)
        shown = await asyncio.to_thread(recipe.stamp, large, line)
        limit = size_limit(self._client, None)
        if len(shown) > limit:
            raise CannotPost(answers.too_large("picture", len(shown), limit))
        try:
            user = self._client.get_user(user_id) or await self._client.fetch_user(user_id)
            await user.send(
                answers.sent(job, line, width, height),
                file=discord.File(io.BytesIO(shown), file_name(job), spoiler=spoiler),
                suppress_embeds=True,
            )
        except discord.HTTPException as error:
            if not refused(error):
                raise
            raise CannotPost(answers.CLOSED) from None


def _reply(job: Job, here: bool) -> dict[str, Any]:
    """Post it as a reply to the picture, where that is."""
    if job.final_message_id is None or not here:
        return {}
    channel_id = job.thread_id or job.channel_id
    picture = discord.MessageReference(message_id=job.final_message_id, channel_id=channel_id, fail_if_not_exists=False)
    return {"reference": picture, "mention_author": False}
