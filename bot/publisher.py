"""What becomes of a job, told on Discord: a live card, and the finished picture. It implements ``bot.observer``."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
import weakref
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import aiohttp
import discord

from bot import attachments, recipe, wording, wording_safety
from bot.controls import Action, buttons
from bot.delivery import Delivery, Posted, refused
from bot.drafts import Covers, Final, Way
from bot.errors import CannotPost
from bot.guests import Guests, Interaction
from bot.jobs import Job, Removed
from bot.moderation.screen import Cover, Screen
from bot.pacing import Pacer
from bot.queue import Queue
from bot.region import Region
from bot.rooms import Room, card_of, open_answer, open_room
from bot.sequels import EMOJI, Sequel
from engine.messages import BundleInfo, Progress, RunStarted

log = logging.getLogger(__name__)

_OFFERED = (EMOJI[Sequel.RERUN], EMOJI[Sequel.UPSCALE])  # as reactions; one may add the others
_OPENING_SECONDS = 30.0
_CLOSING_SECONDS = 5.0
_TROUBLE = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)


Showing = Callable[[Job], Awaitable[None]]


class Engines(Protocol):
    """What is asked of the dispatcher."""

    @property
    def bundles(self) -> Mapping[str, BundleInfo]: ...
    @property
    def device(self) -> str: ...
    def seconds_left(self, job_id: int) -> float | None: ...
    def starts_in(self, job_id: int) -> float | None: ...


class WeightsUnknown(Exception):
    """No engine was up since the start, so the recipe cannot name the weights yet; later it can."""


@dataclass(slots=True, kw_only=True)
class Newest:
    """The newest of a running job. ``frame`` is a PNG that the card does not show yet, with its ``unsafe`` score;
    ``cover`` is how the last one was shown.
    """

    progress: Progress
    frame: bytes | None = None
    unsafe: float | None = None
    cover: Cover = Cover.NONE


class Publisher:
    """Speaks to channels by id and reads a job's place from the queue, so that a restart changes nothing."""

    def __init__(
        self,
        client: discord.Client,
        queue: Queue,
        engines: Callable[[], Engines],
        screen: Screen,
        *,
        pacer: Pacer | None = None,
    ) -> None:
        self._client = client
        self._queue = queue
        self._engines = engines
        self._screen = screen
        self._pacer = pacer or Pacer()
        self._guests = Guests()
        self._delivery = Delivery(client, self._guests)
        self._newest: dict[int, Newest] = {}
        self._opened: dict[int, asyncio.Event] = {}
        self._unplaced: dict[int, Showing] = {}  # what the card is to show as soon as there is one
        self._rooms: dict[int, Room] = {}  # of jobs opened by this process, which its dispatcher may not know yet
        self._painted_here: set[int] = set()  # jobs whose picture no earlier process can have posted
        self._trimmed: weakref.WeakValueDictionary[int, asyncio.Task[None]] = weakref.WeakValueDictionary()
        self._born = datetime.now(UTC)
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Drop the edits that wait; finish what is under way."""
        await self._pacer.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)

    async def open(self, job: Job, interaction: Interaction | None = None) -> Job:
        """Give a job that was just submitted its thread and card; returns it with both.

        ``interaction`` is what asked for it, where it can be told of only as an answer to that. Raises
        :class:`CannotPost` when Discord refuses them.
        """
        try:
            if interaction is not None:
                self._guests.welcome(job.id, interaction)
                room = await open_answer(interaction, job)
            else:
                room = await open_room(self._client, job, card_of(job))
            return await self.settle_in(job, room)
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("job %d: cannot be shown: %s", job.id, error)
            raise CannotPost() from None
        finally:
            self._opened.setdefault(job.id, asyncio.Event()).set()

    async def settle_in(self, job: Job, room: Room) -> Job:
        """Note where a job lives; returns it with its place."""
        self._rooms[job.id] = room
        await self._queue.place(job.id, thread_id=room.channel_id, card_message_id=room.card_message_id)
        self._opened.setdefault(job.id, asyncio.Event()).set()
        if showing := self._unplaced.pop(job.id, None):
            self._show(job, showing)
        return self._in_room(job)

    def _in_room(self, job: Job) -> Job:
        """The job with its place, if this process knows one."""
        if job.card_message_id is None and (room := self._rooms.get(job.id)):
            return dataclasses.replace(job, thread_id=room.channel_id, card_message_id=room.card_message_id)
        return job

    async def _placed(self, job: Job) -> Job:
        """The job with its place, waiting for it if this process is just making one."""
        if job.thread_id is None and job.created_at >= self._born:
            opened = self._opened.setdefault(job.id, asyncio.Event())
            try:
                await asyncio.wait_for(opened.wait(), _OPENING_SECONDS)
            except TimeoutError:
                log.warning("job %d: has no place after %g s", job.id, _OPENING_SECONDS)
        return self._in_room(job)

    # While it waits and runs

    async def queued(self, job: Job, position: int) -> None:
        text = wording.waiting(job, position, self._engines().starts_in(job.id))
        self._show(job, lambda job: self._edit_card(job, text, [Action.CANCEL]))

    async def started(self, job: Job, event: RunStarted) -> None:
        self._painted_here.add(job.id)
        if job.thread_id is None and job.created_at < self._born:  # a crash came between the job and its card
            job = await self.open(job)
        self._show(job, lambda job: self._edit_card(job, wording.starting(job), list(Action)))

    async def progressed(self, job: Job, event: Progress) -> None:
        before = self._newest.get(job.id)
        if before is None:
            self._newest[job.id] = Newest(progress=event, frame=event.image, unsafe=event.unsafe)
        elif event.image is None:
            before.progress = event
        else:
            before.progress, before.frame, before.unsafe = event, event.image, event.unsafe
        self._show(job, self._show_progress)

    def _show(self, job: Job, showing: Showing) -> None:
        """When the channel's turn comes; a later one replaces this one."""
        job = self._in_room(job)
        if job.thread_id is None or job.card_message_id is None:
            self._unplaced[job.id] = showing
        else:
            self._pacer.offer(job.thread_id, job.id, lambda: showing(job))

    async def _show_progress(self, job: Job) -> None:
        newest = self._newest.get(job.id)
        if newest is None:
            return
        frame, newest.frame = newest.frame, None
        text = wording.painting(job, newest.progress, self._engines().seconds_left(job.id))
        shown = None
        if frame:
            newest.cover = await self._screen.cover(job, newest.unsafe, self._guests.channel(job.id))
            shown = await self._preview(job, frame, newest.cover)
        if newest.cover is Cover.WITHHELD:
            text += wording_safety.FRAME_WITHHELD
        await self._edit_card(job, text, list(Action), shown)

    async def _preview(self, job: Job, frame: bytes, cover: Cover) -> list[discord.File]:
        """None in place of a frame that is withheld."""
        if cover is Cover.WITHHELD:
            return []
        jpeg = await asyncio.to_thread(attachments.preview, frame, self.factor(job))
        name, spoiler = f"progress-{job.id}.jpg", cover is Cover.SPOILER
        return [discord.File(io.BytesIO(jpeg), name, description=wording.alt_text(job), spoiler=spoiler)]

    async def _edit_card(
        self, job: Job, text: str, actions: Collection[Action] = (), frame: list[discord.File] | None = None
    ) -> None:
        """Raises what the network does. With no actions the buttons go; a frame, or none, replaces the one shown."""
        if job.thread_id is None or job.card_message_id is None:
            return
        shown: dict[str, Any] = {} if frame is None else {"attachments": frame}
        view = buttons(job.id, actions) if actions else None
        await self._edit(job, job.thread_id, job.card_message_id, content=text, view=view, **shown)

    async def _edit(self, job: Job, channel_id: int, message_id: int, **changes: Any) -> None:
        if (interaction := self._guests.of(job.id)) is not None:
            await interaction.followup.edit_message(message_id, **changes)
            return
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        await channel.get_partial_message(message_id).edit(**changes)

    # How it ends

    async def deliver(self, job: Job, png: bytes, region: bytes | None = None) -> int:
        """Post the picture exactly once; its reactions and the card's last words follow by themselves."""
        job = await self._placed(job)
        info = self._engines().bundles.get(job.spec.bundle)
        if info is None:
            raise WeightsUnknown(job.spec.bundle)
        search = job.id not in self._painted_here
        self._painted_here.discard(job.id)
        line = job.recipe or recipe.of_job(job, info, self._engines().device)
        await self._queue.described(job.id, line)
        factor = self.factor(job)
        found = await asyncio.to_thread(Region.enlarged, region, factor) if region else None
        final = Final(png=png, recipe=line, factor=factor, covers=await self._covers(job), region=found)
        posted = await self._delivery.post(job, final, search=search)
        self._trimmed[job.id] = self._spawn(self._after_delivery(job, posted))
        return posted.message_id

    async def _covers(self, job: Job) -> Covers:
        """A direct conversation is not age-restricted, even where the channel was."""
        here = await self._screen.cover(job, job.unsafe, self._guests.channel(job.id))
        direct = Cover.WITHHELD if self._screen.withholds(job.unsafe, None) else here
        return {Way.ROOM: here, Way.ANSWER: here, Way.DIRECT: direct}

    def factor(self, job: Job) -> int:
        """How many times larger its picture is shown."""
        width, height = job.spec.width, job.spec.height
        info = self._engines().bundles.get(job.spec.bundle)
        return attachments.shown_factor(width, height, max(info.width, info.height) if info else max(width, height))

    async def _after_delivery(self, job: Job, posted: Posted) -> None:
        channel = self._client.get_partial_messageable(posted.channel_id, guild_id=posted.guild_id)
        message = channel.get_partial_message(posted.message_id)
        url = wording.message_url(posted.guild_id, posted.channel_id, posted.message_id)
        try:
            await self._tidy(job, wording.done(job, url), keep_frame=False)
            if posted.answered:
                return  # where only answers are allowed
            for emoji in _OFFERED:
                await message.add_reaction(emoji)
        except _TROUBLE as error:
            log.info("job %d: its picture is posted, but not its trimmings: %s", job.id, error)

    async def remove(self, job: Job, why: Removed) -> bool:
        """Delete the finished picture and say so on its card; whether its message is gone now.

        Raises what the network does.
        """
        if (trimming := self._trimmed.get(job.id)) is not None:
            await asyncio.wait({trimming})  # else it would write over the card's last words
        gone = await self._delivery.unpost(job)
        await self._tidy(job, wording_safety.removed(job, why), keep_frame=False)
        return gone

    async def erase(self, job: Job) -> None:
        """As :meth:`remove`, with every other message about the job."""
        await self.remove(job, Removed.ERASED)
        await self._delivery.delete_card(job)

    async def failed(self, job: Job, detail: str) -> None:
        job = await self._placed(job)
        await self._tidy(job, wording.failed(job, detail), keep_frame=True)
        await self._delivery.tell(job, wording.failure_notice(job, detail), nonce=f"failed-{job.id}")

    async def cancelled(self, job: Job) -> None:
        job = await self._placed(job)
        reached = self._newest.get(job.id)
        iteration = reached.progress.iteration if reached else job.iteration
        await self._tidy(job, wording.cancelled(job, iteration), keep_frame=False)

    async def _tidy(self, job: Job, text: str, *, keep_frame: bool) -> None:
        """Write the card's last words. That the card or its channel is gone is no trouble."""
        for remembered in (self._newest, self._unplaced, self._rooms, self._opened):
            remembered.pop(job.id, None)
        if job.thread_id is None or job.card_message_id is None:
            return
        await self._pacer.settle(job.thread_id, job.id)
        shown: dict[str, Any] = {} if keep_frame else {"attachments": []}
        try:
            await self._edit(job, job.thread_id, job.card_message_id, content=text, view=None, **shown)
        except discord.HTTPException as error:
            if not refused(error):
                raise
            log.info("job %d: its card cannot be edited: %s", job.id, error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
