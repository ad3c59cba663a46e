"""Which picture a member means: one attached, one replied to, or the newest one around."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.domain.job import Job, State
from bot.errors import BadSetting, NotAPicture, NothingToEdit, PictureTooLarge
from bot.jobs.queue import Queue
from bot.requests.request import Painted, Picture, Upload
from bot.texts import moderation, refusals

log = logging.getLogger(__name__)

MOST_GUIDES = 4  # image prompts in one message
_SEARCHED = 50  # messages back from now
_MASK = re.compile(r"(?<![a-z])(?:mask(?![a-z])|region-\d+\.)")  # the second is what a replacement comes with


async def download(attachment: discord.Attachment, *, max_bytes: int) -> bytes:
    """The bytes; links expire, so this is done when the job is submitted.

    Raises :class:`NotAPicture` and :class:`PictureTooLarge` before a byte is fetched where the label tells, and
    :class:`NothingToEdit` when it is gone.
    """
    if attachment.content_type and not attachment.content_type.startswith("image/"):
        raise NotAPicture(refusals.no_picture(attachment.filename))
    if attachment.size > max_bytes:
        raise PictureTooLarge(refusals.file_too_large(attachment.size, max_bytes, attachment.filename))
    try:
        return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError, TimeoutError) as error:
        log.info("attachment %d could not be fetched: %s", attachment.id, error)
        raise NothingToEdit(refusals.NOT_FETCHED) from None


async def downloaded(attachment: discord.Attachment | None, *, max_bytes: int) -> bytes | None:
    """The same of one that may be left out."""
    return None if attachment is None else await download(attachment, max_bytes=max_bytes)


async def in_message(queue: Queue, message: discord.Message, *, max_bytes: int) -> Picture:
    """The picture of ``message``, the bot's or a member's. Raises :class:`NothingToEdit` when there is none."""
    if job := await find_kept(queue, message.id):
        if job.state is not State.DELIVERED:
            raise NothingToEdit(refusals.UNFINISHED if not job.state.ended else None)
        return Painted(job=job)
    if attachment := first_picture(message.attachments):
        content = await download(attachment, max_bytes=max_bytes)
        return Upload(content=content, message_id=message.id, channel_id=message.channel.id)
    raise NothingToEdit(refusals.NONE_THERE)


async def find_kept(queue: Queue, message_id: int) -> Job | None:
    """The bot's job behind a message, if it is one. Raises :class:`NothingToEdit` when that was deleted."""
    job = await queue.by_message(message_id)
    if job is not None and job.removed in moderation.WISHED:
        raise NothingToEdit(moderation.gone(job.removed))
    return job


async def newest(
    client: discord.Client,
    queue: Queue,
    channel_id: int,
    *,
    max_bytes: int,
    otherwise: str = refusals.NONE_HERE,
) -> Picture:
    """The newest picture of a channel, its threads' included, that the bot may use.

    Raises :class:`NothingToEdit`, which says ``otherwise``, when there is none.
    """
    job = await queue.newest_picture([channel_id])
    message = await _newest_upload(client, channel_id, since=job.final_message_id if job else None)
    if message is not None:
        return await in_message(queue, message, max_bytes=max_bytes)
    if job is None:
        raise NothingToEdit(otherwise)
    return Painted(job=job)


async def _newest_upload(client: discord.Client, channel_id: int, *, since: int | None) -> discord.Message | None:
    channel = client.get_partial_messageable(channel_id)
    after: Any = discord.Object(since) if since else None
    try:
        async for message in channel.history(limit=_SEARCHED, after=after, oldest_first=False):
            if not message.author.bot and first_picture(message.attachments):
                return message
    except discord.HTTPException as error:  # no permission to read back: its own pictures remain
        log.debug("channel %d: no history: %s", channel_id, error)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """The files of a message by what they are for; a file is a mask if its name says so."""

    pictures: tuple[discord.Attachment, ...]
    masks: tuple[discord.Attachment, ...]


def attached(attachments: Sequence[discord.Attachment], *, reply: bool = True) -> Attached:
    """Sort the files of a message. A lone ``gas-mask.png`` in no reply is the picture; ``mask.png`` is a mask."""
    if not reply and len(attachments) == 1 and not _MASK.match(attachments[0].filename.lower()):
        return Attached(pictures=tuple(attachments), masks=())
    masks = tuple(file for file in attachments if _MASK.search(file.filename.lower()))
    others = [file for file in attachments if file not in masks]
    pictures = tuple(file for file in others if (file.content_type or "").startswith("image/"))
    return Attached(pictures=pictures or tuple(others[:1]), masks=masks)  # whose bytes will tell what it is


def first_picture(attachments: Sequence[discord.Attachment]) -> discord.Attachment | None:
    """The first attachment that says it is a picture and no mask, else the first one."""
    return next(iter((*attached(attachments).pictures, *attachments)), None)


async def guides(files: Attached, *, skip: int, max_bytes: int) -> tuple[bytes | None, tuple[bytes, ...]]:
    """The mask and the image prompts among the files of a message, without the first ``skip`` pictures.

    Raises :class:`BadSetting` for more than can be used, and as :func:`download`.
    """
    prompts = files.pictures[skip:]
    if len(files.masks) > 1:
        raise BadSetting(refusals.ONE_MASK)
    if len(prompts) > MOST_GUIDES:
        raise BadSetting(refusals.too_many_guides(len(prompts), MOST_GUIDES))
    mask = await downloaded(next(iter(files.masks), None), max_bytes=max_bytes)
    return mask, tuple([await download(one, max_bytes=max_bytes) for one in prompts])
