"""Find which picture a member means: one attached, one replied to, or the newest one around."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import discord

from bot.domain.job import Job, State
from bot.errors import BadSetting, NotAPicture, NothingToEdit, PictureTooLarge
from bot.jobs.queue import Queue
from bot.requests.request import Painted, Picture, Request, Upload
from bot.texts import answers, moderation, refusals

log = logging.getLogger(__name__)

MOST_GUIDES = 4  # image prompts in one message
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".bmp", ".tif", ".tiff")
_SEARCHED = 50  # messages back from now
_MASK = re.compile(r"(?<![a-z])(?:mask(?![a-z])|region-\d+\.)")  # the second is what a replacement comes with


async def download(attachment: discord.Attachment, *, max_bytes: int) -> bytes:
    """Return the bytes; links expire, so this is done when the job is submitted.

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


async def uploaded(file: discord.Attachment, *, max_bytes: int) -> Upload:
    """Return an attached file as a picture to start from. Raises as :func:`download`."""
    return Upload(content=await download(file, max_bytes=max_bytes), spoiler=covered(file))


async def in_message(client: discord.Client, queue: Queue, message: discord.Message, *, max_bytes: int) -> Picture:
    """Return the picture of ``message``, the bot's or a member's, forwarded or at the head of its thread.

    Raises :class:`NothingToEdit` when there is none, and as :func:`download`.
    """
    message = await unwrapped(client, message)
    if job := await find_kept(queue, message.id):
        if job.state is not State.DELIVERED:
            raise NothingToEdit(refusals.UNFINISHED if not job.state.ended else None)
        return Painted(job=job, spoiler=any(map(covered, message.attachments)))
    if file := first_picture(files := files_of(message)):
        upload = await uploaded(file, max_bytes=max_bytes)
        notes = several(files, file)
        return replace(upload, message_id=message.id, channel_id=message.channel.id, notes=notes)
    raise NothingToEdit(refusals.EMBEDDED if shows_embed(message) else refusals.NONE_THERE)


async def unwrapped(client: discord.Client, message: discord.Message) -> discord.Message:
    """Return the message that a thread was opened on for the thread's first line, and any other as it is."""
    if message.type is not discord.MessageType.thread_starter_message or (above := message.reference) is None:
        return message
    if isinstance(above.resolved, discord.Message):
        return above.resolved
    try:
        channel = client.get_partial_messageable(above.channel_id, guild_id=above.guild_id)
        return await channel.fetch_message(above.message_id or 0)
    except discord.HTTPException:
        return message


def files_of(message: discord.Message) -> list[discord.Attachment]:
    """Return the files of a message and of the messages that it forwards."""
    forwarded = [file for snapshot in message.message_snapshots for file in snapshot.attachments]
    return [*message.attachments, *forwarded]


def shows_embed(message: discord.Message) -> bool:
    """Return whether an embed or a link preview of the message shows a picture, which is never fetched."""
    embeds = [*message.embeds, *(embed for snapshot in message.message_snapshots for embed in snapshot.embeds)]
    return any(embed.image.url or embed.thumbnail.url or embed.type in ("image", "gifv") for embed in embeds)


def covered(file: discord.Attachment) -> bool:
    """Return whether the sender covered the file as a spoiler, by its name or by its mark."""
    return file.is_spoiler() or file.flags.spoiler


def several(files: Sequence[discord.Attachment], taken: discord.Attachment) -> tuple[str, ...]:
    """Return a note that says which picture was taken, if there were several."""
    pictures = attached(files).pictures
    return (refusals.first_of(len(pictures), taken.filename),) if len(pictures) > 1 else ()


async def find_kept(queue: Queue, message_id: int) -> Job | None:
    """Return the bot's job behind a message, if it is one. Raises :class:`NothingToEdit` when that was deleted."""
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
    """Return the newest picture of a channel, its threads' included, that the bot may use.

    Raises :class:`NothingToEdit`, which says ``otherwise``, when there is none.
    """
    job = await queue.newest_picture([channel_id])
    found = await _newest_upload(client, channel_id, since=job.final_message_id if job else None)
    if found.message is not None:
        picture = await in_message(client, queue, found.message, max_bytes=max_bytes)
        return replace(picture, notes=(answers.NEWEST_TAKEN, *picture.notes))
    if job is None:
        raise NothingToEdit(refusals.EMBEDDED if found.embedded else otherwise)
    return Painted(job=job, notes=(answers.NEWEST_TAKEN if found.sees_all else answers.MY_NEWEST_TAKEN,))


@dataclass(slots=True, kw_only=True)
class _Found:
    """Hold what a search through a channel found."""

    message: discord.Message | None = None  # the newest one with a member's picture
    embedded: bool = False  # a picture was in an embed alone
    sees_all: bool = True  # members' messages are shown to the bot


async def _newest_upload(client: discord.Client, channel_id: int, *, since: int | None) -> _Found:
    known = client.get_channel(channel_id)
    shown = client.intents.message_content or isinstance(known, discord.DMChannel)
    found = _Found(sees_all=shown)
    after: Any = discord.Object(since) if since else None
    try:
        channel = client.get_partial_messageable(channel_id)
        async for listed in channel.history(limit=_SEARCHED, after=after, oldest_first=False):
            message = await unwrapped(client, listed)
            if await _has_picture(client, message):
                found.message = message
                return found
            found.embedded |= message.author != client.user and shows_embed(message)
    except discord.HTTPException as error:  # no permission to read back: its own pictures remain
        log.debug("channel %d: no history: %s", channel_id, error)
        found.sees_all = False
    if since is None and isinstance(known, discord.Thread):
        found.message = await _above(client, known)
    return found


async def _above(client: discord.Client, thread: discord.Thread) -> discord.Message | None:
    """Return the message that the thread was opened on, if it has a picture."""
    try:
        message = await client.get_partial_messageable(thread.parent_id).fetch_message(thread.id)
    except discord.HTTPException:
        return None
    return message if await _has_picture(client, message) else None


async def _has_picture(client: discord.Client, message: discord.Message) -> bool:
    """Return whether somebody else's message holds a file that is a picture by its label."""
    files = attached(files_of(message), reply=message.type is discord.MessageType.reply)
    return message.author != client.user and any(map(labelled, files.pictures))


def labelled(file: discord.Attachment) -> bool:
    """Return whether a file says by its type, or without one by its name, that it is a picture."""
    if file.content_type:
        return file.content_type.startswith("image/") and not file.content_type.startswith("image/svg")
    return file.filename.lower().endswith(_ENDINGS)


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
    pictures = tuple(filter(labelled, others))
    return Attached(pictures=pictures or tuple(others[:1]), masks=masks)  # whose bytes will tell what it is


def first_picture(attachments: Sequence[discord.Attachment]) -> discord.Attachment | None:
    """Return the first attachment that says it is a picture and no mask, else the first one."""
    return next(iter((*attached(attachments).pictures, *attachments)), None)


def sent(picture: discord.Attachment | None, mask: discord.Attachment | None) -> Attached:
    """Return the files of a command's options, which say what each is for."""
    return Attached(pictures=(picture,) if picture else (), masks=(mask,) if mask else ())


async def guided(request: Request, files: Attached, *, skip: int = 0, max_bytes: int) -> Request:
    """Return the request with the mask and the image prompts among ``files``, without the first ``skip`` pictures.

    Raises :class:`BadSetting` for more than can be used, and as :func:`download`.
    """
    prompts = files.pictures[skip:]
    if len(files.masks) > 1:
        raise BadSetting(refusals.ONE_MASK)
    if len(prompts) > MOST_GUIDES:
        raise BadSetting(refusals.too_many_guides(len(prompts), MOST_GUIDES))
    masks, images = [
        tuple([await download(one, max_bytes=max_bytes) for one in kind]) for kind in (files.masks, prompts)
    ]
    hidden = request.spoiler or any(map(covered, (*files.masks, *prompts)))
    return replace(request, mask=next(iter(masks), None), image_prompts=images, spoiler=hidden)
