"""The card of each job: one live message that is edited while the job waits and runs, and has its last words."""

import asyncio
import dataclasses
import io
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import discord

from bot.components.card_buttons import Action, under_card
from bot.components.permissions import Guests
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.images import uploads
from bot.moderation.screen import Screen
from bot.posts.delivery import refused
from bot.posts.pacing import Pacer
from bot.posts.threads import Room
from bot.texts import card, moderation
from engine.messages import BundleInfo, Progress

log = logging.getLogger(__name__)

_ARCHIVED = 50083  # no edit succeeds in an archived thread; the finished picture opens it again
_CLOSED = (401, 403, 404)  # answers to an edit after which no other can succeed

Showing = Callable[[Job], Awaitable[None]]


class Engines(Protocol):
    """Hold what is asked of the dispatcher."""

    @property
    def bundles(self) -> Mapping[str, BundleInfo]: ...
    @property
    def device(self) -> str: ...
    def seconds_left(self, job_id: int) -> float | None: ...
    def starts_in(self, job_id: int) -> float | None: ...


@dataclass(slots=True, kw_only=True)
class Newest:
    """The newest of a running job. ``frame`` is a PNG that the card does not show yet, with its ``unsafe`` score;
    ``cover`` and ``loss`` are how the last one was shown, and the loss that the card shows.
    """

    progress: Progress
    frame: bytes | None = None
    unsafe: float | None = None
    cover: Cover = Cover.NONE
    loss: float | None = None


class Cards:
    """Show progress. An update waits for the channel's turn, and for the card if that is just being posted."""

    def __init__(
        self, client: discord.Client, guests: Guests, engines: Callable[[], Engines], screen: Screen, pacer: Pacer
    ) -> None:
        self._client = client
        self._guests = guests
        self._engines = engines
        self._screen = screen
        self._pacer = pacer
        self._newest: dict[int, Newest] = {}
        self._unplaced: dict[int, Showing] = {}  # what the card is to show as soon as there is one
        self._rooms: dict[int, Room] = {}  # of jobs opened by this process, which its dispatcher may not know yet
        self._closed: set[int] = set()  # jobs whose card cannot be edited any more

    async def close(self) -> None:
        """Drop the edits that wait."""
        await self._pacer.close()

    def opened(self, job: Job, room: Room) -> Job:
        """Hear that the job's card is there; returns the job with its place."""
        self._rooms[job.id] = room
        if showing := self._unplaced.pop(job.id, None):
            self._show(job, showing)
        return self.placed(job)

    def placed(self, job: Job) -> Job:
        """Return the job with its place, if this process knows one."""
        if job.card_message_id is None and (room := self._rooms.get(job.id)):
            return dataclasses.replace(job, thread_id=room.channel_id, card_message_id=room.card_message_id)
        return job

    def waiting(self, job: Job, position: int) -> None:
        text = card.waiting(job, position, self._engines().starts_in(job.id))
        self._show(job, lambda job: self._edit_card(job, text, [Action.CANCEL]))

    def starting(self, job: Job) -> None:
        self._show(job, lambda job: self._edit_card(job, card.starting(job), list(Action)))

    def progressed(self, job: Job, event: Progress) -> None:
        before = self._newest.get(job.id)
        if before is None:
            self._newest[job.id] = Newest(progress=event, frame=event.image, unsafe=event.unsafe)
        elif event.image is None:
            before.progress = event
        else:
            before.progress, before.frame, before.unsafe = event, event.image, event.unsafe
        self._show(job, self._show_progress)

    def iteration(self, job: Job) -> int:
        """Return how far it came, as far as is known."""
        reached = self._newest.get(job.id)
        return reached.progress.iteration if reached else job.iteration

    def _show(self, job: Job, showing: Showing) -> None:
        """Show it when the channel's turn comes; a later one replaces this one."""
        job = self.placed(job)
        if job.thread_id is None or job.card_message_id is None:
            self._unplaced[job.id] = showing
        else:
            self._pacer.offer(job.thread_id, job.id, lambda: showing(job))

    async def _show_progress(self, job: Job) -> None:
        newest = self._newest.get(job.id)
        if newest is None:
            return
        frame, newest.frame = newest.frame, None
        text = card.painting(job, newest.progress, self._engines().seconds_left(job.id), newest.loss)
        newest.loss = newest.progress.loss
        shown = None
        if frame:
            newest.cover = await self._screen.cover(job, newest.unsafe, self._guests.channel(job.id))
            shown = await self._preview(job, frame, newest.cover)
        if newest.cover is Cover.WITHHELD:
            text += moderation.FRAME_WITHHELD
        await self._edit_card(job, text, list(Action), shown)

    async def _preview(self, job: Job, frame: bytes, cover: Cover) -> list[discord.File]:
        """Return the frame; None if it is withheld."""
        if cover is Cover.WITHHELD:
            return []
        jpeg = await asyncio.to_thread(uploads.preview, frame, factor(job, self._engines().bundles))
        name, spoiler = f"progress-{job.id}.jpg", cover is Cover.SPOILER
        return [discord.File(io.BytesIO(jpeg), name, description=card.alt_text(job), spoiler=spoiler)]

    async def _edit_card(
        self, job: Job, text: str, actions: Collection[Action] = (), frame: list[discord.File] | None = None
    ) -> None:
        """Raises what the network does. With no actions the buttons go; a frame, or none, replaces the one shown.

        After a refusal, as where a guest's interaction ran out, no more is tried: Discord shuts out who insists.
        """
        if job.thread_id is None or job.card_message_id is None or job.id in self._closed:
            return
        shown: dict[str, Any] = {} if frame is None else {"attachments": frame}
        view = under_card(job.id, actions) if actions else None
        try:
            await self._edit(job, job.thread_id, job.card_message_id, content=text, view=view, **shown)
        except discord.HTTPException as error:
            if error.status in _CLOSED or error.code == _ARCHIVED:
                self._closed.add(job.id)
            raise

    async def _edit(self, job: Job, channel_id: int, message_id: int, **changes: Any) -> None:
        if (interaction := self._guests.of(job.id)) is not None:
            await interaction.followup.edit_message(message_id, **changes)
            return
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        await channel.get_partial_message(message_id).edit(**changes)

    async def end(self, job: Job, text: str, *, keep_frame: bool) -> None:
        """Write the card's last words. That the card or its channel is gone is no trouble."""
        for remembered in (self._newest, self._unplaced, self._rooms):
            remembered.pop(job.id, None)
        self._closed.discard(job.id)
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


def factor(job: Job, bundles: Mapping[str, BundleInfo]) -> int:
    """Return how many times larger its picture is shown."""
    width, height = job.spec.width, job.spec.height
    info = bundles.get(job.spec.bundle)
    return uploads.shown_factor(width, height, max(info.width, info.height) if info else max(width, height))
