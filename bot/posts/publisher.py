"""Tell on Discord what becomes of a job: a live card, then the finished picture (an observer of ``bot.engines``)."""

import asyncio
import logging
import weakref
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
import discord

from bot.components.permissions import Guests
from bot.components.picture_buttons import EMOJI
from bot.domain.job import Job, Removed, Sequel
from bot.domain.moderation import Cover
from bot.errors import CannotPost
from bot.images.region import Region
from bot.jobs.queue import Queue
from bot.moderation.screen import Screen
from bot.posts import cards
from bot.posts.cards import Cards, Engines
from bot.posts.delivery import Delivery, Posted
from bot.posts.final_message import Covers, Final, Way
from bot.posts.grid_sheets import Sheets
from bot.posts.pacing import Pacer, Turns
from bot.posts.threads import Room, card_of, open_answer, open_room
from bot.texts import card, moderation
from bot.words import recipe
from engine.messages import Progress, RunStarted

log = logging.getLogger(__name__)

_OFFERED = (EMOJI[Sequel.RERUN], EMOJI[Sequel.UPSCALE])  # as reactions; one may add the others
_OPENING_SECONDS = 30.0
_CLOSING_SECONDS = 5.0
_TROUBLE = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)


class WeightsUnknown(Exception):
    """No engine was up since the start, so the recipe cannot name the weights yet. Later it can."""


class Publisher:
    """Speaks to channels by id and reads a job's place from the queue, so that a restart changes nothing."""

    def __init__(
        self,
        client: discord.Client,
        queue: Queue,
        engines: Callable[[], Engines],
        screen: Screen,
        sheets: Sheets,
        pacer: Pacer,
    ) -> None:
        self._client = client
        self._queue = queue
        self._engines = engines
        self._screen = screen
        self._sheets = sheets
        self._guests = Guests()
        self._cards = Cards(client, self._guests, engines, screen, pacer)
        self._delivery = Delivery(client, self._guests)
        self._openings = Turns()
        self._opened: dict[int, asyncio.Event] = {}
        self._painted_here: set[int] = set()  # jobs whose picture no earlier process can have posted
        self._trimmed: weakref.WeakValueDictionary[int, asyncio.Task[None]] = weakref.WeakValueDictionary()
        self._born = datetime.now(UTC)
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Drop the edits that wait; finish what is under way."""
        await self._cards.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)

    async def open(self, job: Job, interaction: discord.Interaction[Any] | None = None) -> Job:
        """Give a job that was just submitted its thread and card; returns it with both.

        ``interaction`` is what asked for it, where it can be told of only as an answer to that. Raises
        :class:`CannotPost` when Discord refuses them.
        """
        try:
            if interaction is not None:
                self._guests.welcome(job.id, interaction)
                room = await open_answer(interaction, job)
            else:
                async with self._openings.turn(job.id):
                    room = await open_room(self._client, job, card_of(job))
            return await self.settle_in(job, room)
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("job %d: cannot be shown: %s", job.id, error)
            raise CannotPost() from None
        finally:
            self._opened.setdefault(job.id, asyncio.Event()).set()

    async def open_grid(self, jobs: Sequence[Job]) -> list[Job]:
        """Give the jobs of a grid one thread and their sheet, and return them with both. Raises as :meth:`open`."""
        room = await self._sheets.open(jobs)
        return [await self.settle_in(job, room) for job in jobs]

    async def settle_in(self, job: Job, room: Room) -> Job:
        """Note where a job lives; returns it with its place."""
        placed = self._cards.opened(job, room)
        await self._queue.place(job.id, thread_id=room.channel_id, card_message_id=room.card_message_id)
        self._opened.setdefault(job.id, asyncio.Event()).set()
        return placed

    async def _placed(self, job: Job) -> Job:
        """Return the job with its place, waiting for it if this process is just making one."""
        if job.thread_id is None and job.created_at >= self._born:
            opened = self._opened.setdefault(job.id, asyncio.Event())
            try:
                await asyncio.wait_for(opened.wait(), _OPENING_SECONDS)
            except TimeoutError:
                log.warning("job %d: has no place after %g s", job.id, _OPENING_SECONDS)
        return self._cards.placed(job)

    # While it waits and runs

    async def queued(self, job: Job, position: int) -> None:
        if job.grid_id is None:
            self._cards.waiting(job, position)

    async def started(self, job: Job, event: RunStarted) -> None:
        self._painted_here.add(job.id)
        self._openings.hurry(job.id)
        if job.thread_id is None and job.created_at < self._born:  # a crash came between the job and its card
            job = await self._reopened(job)
        self._cards.starting(job)

    async def progressed(self, job: Job, event: Progress) -> None:
        if job.grid_id is None:
            self._cards.progressed(job, event)

    async def _reopened(self, job: Job) -> Job:
        """Return the job with the place that it lacked."""
        if job.grid_id is None:
            return await self.open(job)
        await self._sheets.reopen(job, self.settle_in)
        return await self._queue.get(job.id) or job

    # How it ends

    async def deliver(self, job: Job, png: bytes, region: bytes | None = None) -> int:
        """Post the picture exactly once; its reactions and the card's last words follow by themselves."""
        job = await self._placed(job)
        line = self._recipe(job)
        search = job.id not in self._painted_here
        self._painted_here.discard(job.id)
        await self._queue.described(job.id, line)
        factor = self.factor(job)
        found = await asyncio.to_thread(Region.enlarged, region, factor) if region else None
        final = Final(png=png, recipe=line, factor=factor, covers=await self._covers(job), region=found)
        posted = await self._delivery.post(job, final, search=search)
        self._trimmed[job.id] = self._spawn(self._after_delivery(job, posted))
        await self._sheets.ended(job)
        return posted.message_id

    def _recipe(self, job: Job) -> str:
        """Return the recipe that was stored with the picture, else one that says what is still known.

        Raises :class:`WeightsUnknown` if nothing was stored and no engine has been up yet: it may name the weights.
        """
        bundles = self._engines().bundles
        if job.recipe is None and not bundles:
            raise WeightsUnknown(job.spec.bundle)
        return job.recipe or recipe.of_job(job, bundles.get(job.spec.bundle), self._engines().device)

    async def _covers(self, job: Job) -> Covers:
        """Return the cover of each place. A direct conversation is not age-restricted, even where the channel was."""
        here = await self._screen.cover(job, job.unsafe, self._guests.channel(job.id))
        direct = Cover.WITHHELD if self._screen.withholds(job.unsafe, None) else here
        return {Way.ROOM: here, Way.ANSWER: here, Way.DIRECT: direct}

    def factor(self, job: Job) -> int:
        """Return how many times larger its picture is shown."""
        return cards.factor(job, self._engines().bundles)

    async def _after_delivery(self, job: Job, posted: Posted) -> None:
        channel = self._client.get_partial_messageable(posted.channel_id, guild_id=posted.guild_id)
        message = channel.get_partial_message(posted.message_id)
        url = card.message_url(posted.guild_id, posted.channel_id, posted.message_id)
        try:
            await self._end(job, card.done(job, url))
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
        await self._end(job, moderation.removed(job, why))
        await self._sheets.redraw(job)
        return gone

    async def erase(self, job: Job) -> None:
        """Remove the picture as :meth:`remove` does, and every other message about the job."""
        await self.remove(job, Removed.ERASED)
        await self._delivery.delete_card(job)

    async def failed(self, job: Job, detail: str) -> None:
        job = await self._placed(job)
        await self._end(job, card.failed(job, detail), keep_frame=True)
        await self._delivery.tell(job, card.failure_notice(job, detail), nonce=f"failed-{job.id}")
        await self._sheets.ended(job)

    async def cancelled(self, job: Job) -> None:
        job = await self._placed(job)
        await self._end(job, card.cancelled(job, self._cards.iteration(job)))
        await self._sheets.ended(job)

    async def _end(self, job: Job, text: str, *, keep_frame: bool = False) -> None:
        """Show the card's last words."""
        self._opened.pop(job.id, None)
        await self._cards.end(job, text, keep_frame=keep_frame)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
