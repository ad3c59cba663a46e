"""The live sheet of a grid: one message that grows with its pictures, and stays true when one of them is deleted.

A picture of a grid has no card: the sheet is the card of all. It is drawn anew from what the queue and the files say at
that moment, under a lock, so that the last drawing is always right. The last one comes before its job counts as told:
a crash in between makes it be drawn again.
"""

import asyncio
import io
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import discord

from bot.components.card_buttons import under_sheet
from bot.domain.job import Job, Removed, State
from bot.domain.moderation import Cover
from bot.errors import CannotPost
from bot.jobs.archive import Archive
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.moderation.screen import Screen
from bot.posts.delivery import refused
from bot.posts.final_message import SPOILER
from bot.posts.pacing import Pacer
from bot.posts.threads import Card, Room, open_room
from bot.texts import sheets
from bot.words import grids

log = logging.getLogger(__name__)


class Sheets:
    """Opens, draws and deletes the sheets of grids; the publisher says when."""

    def __init__(
        self, client: discord.Client, queue: Queue, archive: Archive, files: Files, screen: Screen, pacer: Pacer
    ) -> None:
        self._client = client
        self._queue = queue
        self._archive = archive
        self._files = files
        self._screen = screen
        self._pacer = pacer
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self, jobs: Sequence[Job]) -> Room:
        """Give the jobs of a grid one thread and their sheet. Raises :class:`CannotPost` if Discord refuses them."""
        leader = jobs[0]
        card = Card(
            text=lambda note: sheets.sheet(jobs, note),
            view=under_sheet(leader.id),
            starter=sheets.starter(jobs),
            thread_name=sheets.thread_name(jobs),
        )
        try:
            room = await open_room(self._client, leader, card)
        except (discord.Forbidden, discord.NotFound) as error:
            log.info("grid %d: cannot be shown: %s", leader.id, error)
            raise CannotPost() from None
        await self._queue.sheeted(leader.id, room.card_message_id or 0)
        return Room(channel_id=room.channel_id)

    async def reopen(self, job: Job, settle: Callable[[Job, Room], Awaitable[object]]) -> None:
        """Open the sheet that a crash kept from a grid, once, and ``settle`` all its jobs before the next one looks."""
        grid_id = job.grid_id or 0
        async with self._locks[grid_id]:
            again = await self._queue.get(job.id)
            if again is not None and again.thread_id is None:
                jobs = await self._archive.grid(grid_id)
                room = await self.open(jobs)
                for one in jobs:
                    await settle(one, room)

    async def ended(self, job: Job) -> None:
        """Draw the sheet when the channel's turn comes, or at once if this was the last job of its grid."""
        if job.grid_id is None:
            return
        jobs = await self._archive.grid(job.grid_id)
        place = job.thread_id or job.channel_id
        if sheets.done(jobs):
            await self._pacer.settle(place, -job.grid_id)
            await self._draw(job.grid_id)
        else:
            self._pacer.offer(place, -job.grid_id, lambda: self._draw(job.grid_id or 0))

    async def redraw(self, job: Job) -> None:
        """Draw the sheet again, because a picture of it was deleted."""
        if job.grid_id is not None:
            await self._draw(job.grid_id)

    async def _draw(self, grid_id: int) -> None:
        """Raises what the network does. That the message or its channel is gone is no trouble."""
        async with self._locks[grid_id]:
            jobs = await self._archive.grid(grid_id)
            leader = next((job for job in jobs if job.id == grid_id), None)
            if leader is None or not leader.sheet_message_id:
                return
            channel = self._client.get_partial_messageable(
                leader.thread_id or leader.channel_id, guild_id=leader.guild_id
            )
            message = channel.get_partial_message(leader.sheet_message_id)
            try:
                if _all_gone(jobs):
                    await message.delete()
                else:
                    await message.edit(**await self._drawn(jobs))
            except discord.HTTPException as error:
                if not refused(error):
                    raise
                log.info("grid %d: its sheet cannot be edited: %s", grid_id, error)

    async def _drawn(self, jobs: Sequence[Job]) -> dict[str, Any]:
        covers = [await self._screen.cover(job, job.unsafe) for job in jobs]
        paths = [
            self._files.final(job.id) if _shown(job) and cover is not Cover.WITHHELD else None
            for job, cover in zip(jobs, covers, strict=True)
        ]
        labels = [sheets.label(job, cover) for job, cover in zip(jobs, covers, strict=True)]
        cell = jobs[0].cell
        png = await asyncio.to_thread(_compose, paths, labels, cell.columns if cell else 1)
        name = SPOILER * (Cover.SPOILER in covers) + f"grid-{jobs[0].grid_id}.png"
        described = sheets.alt_text(jobs)
        return {
            "content": sheets.sheet(jobs),
            "view": None if sheets.done(jobs) else under_sheet(jobs[0].grid_id or 0),
            "attachments": [discord.File(io.BytesIO(png), name, description=described)] if png else [],
        }


def _all_gone(jobs: Sequence[Job]) -> bool:
    """Return whether every picture was deleted by a wish, and none is to come."""
    wished = [job.removed not in (None, Removed.RULE) for job in jobs]
    none = [job.state in (State.FAILED, State.CANCELLED) for job in jobs]
    return any(wished) and all(map(max, wished, none))


def _shown(job: Job) -> bool:
    return job.state in (State.RENDERED, State.DELIVERED) and job.removed is None


def _compose(paths: Sequence[Path | None], labels: Sequence[str], columns: int) -> bytes | None:
    """Return the sheet; None while there is nothing to be seen."""
    pictures = [path.read_bytes() if path is not None and path.exists() else None for path in paths]
    return grids.compose(pictures, labels, columns) if any(pictures) else None
