"""The records of jobs that have ended: found by age or by requester, marked, and deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import job_from_row, jobs, usage
from bot.domain.job import Job, Removed, State
from bot.jobs.usage import DAY, keep

_AT_ONCE = 500  # ids in one statement; databases bound how many parameters it has
_ENDED = jobs.c.state.in_([state for state in State if state.ended])


class Records:
    """Beside the queue: it never touches a job's state, nor a job that has not ended unless told to by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, among: Collection[int]) -> set[int]:
        """Which of these jobs there are."""
        return await self._ids(among)

    async def ended(self, among: Collection[int], *, before: datetime) -> set[int]:
        """Which of these jobs ended before that moment."""
        return await self._ids(among, _ENDED, jobs.c.finished_at < before)

    async def all_ended(self, *, before: datetime) -> list[int]:
        """Every job that ended before that moment."""
        statement = sa.select(jobs.c.id).where(_ENDED, jobs.c.finished_at < before).order_by(jobs.c.id)
        return [row.id for row in await self._database.all(statement)]

    async def of(self, requester_id: int) -> list[Job]:
        """All jobs of a member, oldest first."""
        statement = sa.select(jobs).where(jobs.c.requester_id == requester_id).order_by(jobs.c.id)
        return [job_from_row(row) for row in await self._database.all(statement)]

    async def unfinished(self, requester_id: int, guild_id: int | None) -> list[int]:
        """A member's jobs that wait or run, in that server or, with None, everywhere."""
        here = jobs.c.guild_id == guild_id if guild_id is not None else sa.true()
        mine = jobs.c.requester_id == requester_id, jobs.c.state.in_((State.QUEUED, State.RUNNING))
        return [row.id for row in await self._database.all(sa.select(jobs.c.id).where(*mine, here).order_by(jobs.c.id))]

    async def deleted(self, among: Collection[int]) -> list[Job]:
        """Those of these jobs whose picture somebody wanted deleted."""
        wished = jobs.c.removed.in_([Removed.DELETED, Removed.MODERATOR])
        found: list[Job] = []
        for some in _chunks(among):
            found += map(job_from_row, await self._database.all(sa.select(jobs).where(jobs.c.id.in_(some), wished)))
        return found

    async def erased(self) -> list[Job]:
        """Those jobs of which nothing is to be kept, oldest first."""
        statement = sa.select(jobs).where(jobs.c.removed == Removed.ERASED).order_by(jobs.c.id)
        return [job_from_row(row) for row in await self._database.all(statement)]

    async def mark(self, job_ids: Collection[int], why: Removed) -> int:
        """Note why the pictures of these are no longer on disk; how many it was news of.

        The first reason stays, but for the rule's: its picture is still on Discord, and a wish deletes it there too.
        """
        weaker = (jobs.c.removed == Removed.RULE) if why is not Removed.RULE else sa.false()
        open_ = sa.or_(jobs.c.removed.is_(None), weaker)
        marked = 0
        for some in _chunks(job_ids):
            marked += await self._database.run(sa.update(jobs).where(jobs.c.id.in_(some), open_).values(removed=why))
        return marked

    async def delete(self, job_ids: Collection[int]) -> None:
        """Forget these jobs altogether."""
        for some in _chunks(job_ids):
            await self._database.run(sa.delete(jobs).where(jobs.c.id.in_(some)))

    async def erase(self, job_id: int) -> None:
        """As :meth:`delete`, at a member's wish: what counts against their limits stays for its day."""
        usage_kept = keep(job_id, since=datetime.now(UTC) - DAY)
        await self._database.run(usage_kept, sa.delete(jobs).where(jobs.c.id == job_id))

    async def forget_usage(self, *, before: datetime) -> int:
        """Drop what counts no more, as its day ended before that moment; how much that was."""
        return await self._database.run(sa.delete(usage).where(usage.c.created_at <= before - DAY))

    async def _ids(self, among: Collection[int], *conditions: sa.ColumnElement[bool]) -> set[int]:
        found: set[int] = set()
        for some in _chunks(among):
            found |= {
                row.id for row in await self._database.all(sa.select(jobs.c.id).where(jobs.c.id.in_(some), *conditions))
            }
        return found


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
