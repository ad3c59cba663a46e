"""Say what a picture shows, for whoever asks on Discord: which picture, whether they may, the answer, *Paint this*."""

import asyncio
import io
import math
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import discord

from bot.components.button import HostButton
from bot.components.host import Host
from bot.config import Config
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.domain.place import Asker
from bot.engines.dispatcher import Dispatcher
from bot.errors import EngineNotReady, NothingToDescribe, TooSoon, refusing
from bot.images import uploads
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.moderation.screen import Screen
from bot.requests import pictures
from bot.requests.admission import Admission
from bot.requests.request import Painted, Picture, Upload
from bot.texts import descriptions, refusals
from bot.words.prompts import Wish
from engine.messages import BundleInfo, Description
from engine.messages.resolution import bundle_named

OFTEN, WITHIN = 5, 30.0
"""So many questions of one member in so many seconds."""
SIDE = 512  # pixels of the long side; no perceptor looks closer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """``image`` is the picture as it was looked at, a PNG; ``hidden`` says that it must not be shown openly here."""

    description: Description
    image: bytes
    info: BundleInfo
    hidden: bool
    notes: tuple[str, ...] = ()


class Pace:
    """Say how often one member may ask. What is kept of a member is dropped when it is no longer needed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[int, deque[float]] = {}

    def check(self, user_id: int) -> None:
        """Count one question. Raises :class:`bot.errors.TooSoon`."""
        now = self._clock()
        self._asked = {one: times for one, times in self._asked.items() if times[-1] > now - WITHIN}
        times = self._asked.get(user_id, deque(maxlen=OFTEN))
        if len(times) == OFTEN and times[0] > now - WITHIN:
            raise TooSoon(descriptions.too_soon(OFTEN, WITHIN, math.ceil(times[0] + WITHIN - now)))
        times.append(now)
        self._asked[user_id] = times


class Looking:
    """Asks the engines about pictures for members."""

    def __init__(
        self, config: Callable[[], Config], dispatcher: Dispatcher, files: Files, admission: Admission, screen: Screen
    ) -> None:
        self._config = config
        self._dispatcher = dispatcher
        self._files = files
        self._admission = admission
        self._screen = screen
        self._pace = Pace()

    async def admit(self, asker: Asker) -> None:
        """Let the asker in before anything is fetched.

        Raises :class:`bot.errors.NotAllowed` and :class:`bot.errors.TooSoon`.
        """
        await self._admission.allow(asker)
        self._pace.check(asker.user_id)

    async def describe(self, picture: Picture, bundle: str | None = None) -> Seen:
        """Return what a picture shows.

        Raises :class:`bot.errors.UserError` for a picture that is not there, not fit, or not to be made out.
        """
        info = self._bundle(bundle)
        limits = self._config().limits
        prepared = await asyncio.to_thread(
            uploads.prepare_image,
            await self._content(picture),
            max_bytes=limits.max_upload_bytes,
            max_pixels=limits.max_input_pixels,
        )
        image = await asyncio.to_thread(uploads.reduced, prepared.png, SIDE)
        description = await self._dispatcher.describing.ask(image, info.name)
        hidden = picture.spoiler or await self._covered(picture)
        return Seen(
            description=description, image=image, info=info, hidden=hidden, notes=(*picture.notes, *prepared.notes)
        )

    async def _covered(self, picture: Picture) -> bool:
        """Return whether one of the bot's own pictures must not be shown openly."""
        if not isinstance(picture, Painted):
            return False
        return await self._screen.cover(picture.job, picture.job.unsafe) is not Cover.NONE

    def _bundle(self, name: str | None) -> BundleInfo:
        bundles = self._dispatcher.bundles
        if not bundles:
            raise EngineNotReady()
        with refusing():
            return bundles[bundle_named(name or self._config().engine.default_bundle, bundles)]

    async def _content(self, picture: Picture) -> bytes:
        match picture:
            case Upload(content=content):
                return content
            case Painted(job=job):
                return await self._stored(job)

    async def _stored(self, job: Job) -> bytes:
        png = await self._files.read(self._files.final(job.id))
        if png is None:
            raise NothingToDescribe(descriptions.LOST)
        return png


class PaintThisButton(HostButton, template=r"faraday:paint-this:(?P<bundle>.{1,60})"):
    """Paints the sentence of a description, for whoever presses."""

    def __init__(self, bundle: str) -> None:
        super().__init__("Paint this", f"faraday:paint-this:{bundle}", discord.ButtonStyle.primary, emoji="🎨")
        self.bundle = bundle

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(match["bundle"])

    async def act(self, interaction: discord.Interaction[Host]) -> str:
        described = interaction.message
        prompt = described.embeds[0].title if described and described.embeds else None
        return await interaction.client.followups.paint(interaction, Wish(prompt=prompt or "", bundle=self.bundle))


async def show(interaction: discord.Interaction[Any], seen: Seen) -> None:
    """Put the answer into the one that was deferred."""
    embed = descriptions.card(seen.description, seen.info, seen.notes)
    files = (
        []
        if seen.hidden
        else [discord.File(io.BytesIO(seen.image), "picture.png", description="The picture described")]
    )
    if files:
        embed.set_thumbnail(url="attachment://picture.png")
    view = discord.ui.View(timeout=None)
    view.add_item(PaintThisButton(seen.info.name))
    await interaction.edit_original_response(embed=embed, attachments=files, view=view)


async def in_message(client: discord.Client, queue: Queue, message: discord.Message, *, max_bytes: int) -> Picture:
    """Return the picture of any message: a finished one of the bot's as the engine made it, a frame as it is shown.

    Raises :class:`NothingToDescribe`, and what :func:`bot.requests.pictures.download` raises.
    """
    message = await pictures.unwrapped(client, message)
    files = pictures.files_of(message)
    file = pictures.first_picture(files)
    if file is None:
        raise NothingToDescribe(refusals.EMBEDDED if pictures.shows_embed(message) else None)
    job = await queue.by_message(message.id)
    if job is not None and job.final_message_id == message.id and job.removed is None:
        return Painted(job=job, spoiler=pictures.covered(file))
    upload = await pictures.uploaded(file, max_bytes=max_bytes)
    notes = pictures.several(files, file)
    return replace(upload, message_id=message.id, channel_id=message.channel.id, notes=notes)
