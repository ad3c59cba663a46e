"""Say where a job lives on Discord: in a thread of its own, or where it was asked if that is a thread or a DM."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import discord

from bot.components.card_buttons import Action, under_card
from bot.domain.job import Job
from bot.texts import card as wording
from bot.texts import endings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """``channel_id`` has the messages of the job, ``card_message_id`` is the live one among them, if it has one."""

    channel_id: int
    card_message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Hold what stands in a room at first. ``text`` makes it of a note; the thread hangs on ``starter``."""

    text: Callable[[str], str]
    view: discord.ui.View
    starter: str
    thread_name: str


def card_of(job: Job) -> Card:
    """Return the card of a job before anything is known of its place in line."""
    return Card(
        text=lambda note: wording.opening(job, note),
        view=under_card(job.id, [Action.CANCEL]),
        starter=wording.starter(job),
        thread_name=wording.thread_name(job),
    )


async def open_room(client: discord.Client, job: Job, card: Card) -> Room:
    """Make the thread where one belongs and post the card, as a reply to the message that asked.

    Falls back to the channel, and says so on the card, where a thread is refused. Raises
    :class:`discord.Forbidden` or :class:`discord.NotFound` when the channel is closed to the bot too.
    """
    channel: Any = client.get_channel(job.channel_id) or await client.fetch_channel(job.channel_id)
    if not isinstance(channel, discord.TextChannel):  # a thread, a DM, or the chat of a voice channel
        return await _post_card(channel, job, card)
    mine = channel.permissions_for(channel.guild.me)
    if not (mine.create_public_threads and mine.send_messages_in_threads):
        return await _post_card(channel, job, card, endings.NO_THREAD)
    starter = await channel.send(card.starter, **_as_reply(channel, job), suppress_embeds=True)
    try:
        thread = await starter.create_thread(name=card.thread_name)
        return await _post_card(thread, job, card)
    except discord.HTTPException as error:  # as when the server has all the threads it may have
        log.info("job %d: no thread: %s", job.id, error)
        await starter.edit(content=card.text(endings.NO_THREAD), view=card.view)
        return Room(channel_id=channel.id, card_message_id=starter.id)


async def open_answer(interaction: discord.Interaction[Any], job: Job) -> Room:
    """Post the card as an answer for all to see, beside the one that the requester alone sees.

    Raises :class:`discord.Forbidden` or :class:`discord.NotFound` when answers are taken no more.
    """
    await interaction.edit_original_response(content=wording.opening(job))  # else Discord makes the card of it
    card = await interaction.followup.send(
        wording.opening(job), view=under_card(job.id, [Action.CANCEL]), suppress_embeds=True, wait=True
    )
    return Room(channel_id=interaction.channel_id or job.channel_id, card_message_id=card.id)


async def _post_card(channel: Any, job: Job, card: Card, note: str = "") -> Room:
    message = await channel.send(card.text(note), view=card.view, **_as_reply(channel, job), suppress_embeds=True)
    return Room(channel_id=channel.id, card_message_id=message.id)


def _as_reply(channel: Any, job: Job) -> dict[str, Any]:
    """Reply to the message that asked, without a ping, where it is in this channel and replying is permitted."""
    if job.source_message_id is None or channel.id != job.channel_id:
        return {}
    if job.guild_id is not None and not channel.permissions_for(channel.guild.me).read_message_history:
        return {}
    asking = discord.MessageReference(message_id=job.source_message_id, channel_id=channel.id, fail_if_not_exists=False)
    return {"reference": asking, "mention_author": False}
