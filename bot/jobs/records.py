"""Find, mark and delete the records of jobs that have ended."""

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
    """The records of jobs. It never changes a job's state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, among: Collection[int]) -> set[int]:
        """Return which of these jobs exist."""
        return await self._ids(among)

    async def ended(self, among: Collection[int], *, before: datetime) -> set[int]:
        """Return which of these jobs ended before that moment."""
        return await self._ids(among, _ENDED, jobs.c.finished_at < before)

    async def all_ended(self, *, before: datetime) -> list[int]:
        """Return every job that ended before that moment."""
        statement = sa.select(jobs.c.id).where(_ENDED, jobs.c.finished_at < before).order_by(jobs.c.id)
        return [row.id for row in await self._database.all(statement)]

    async def of(self, requester_id: int) -> list[Job]:
        """Return all jobs of a member, oldest first."""
        statement = sa.select(jobs).where(jobs.c.requester_id == requester_id).order_by(jobs.c.id)
        return [job_from_row(row) for row in await self._database.all(statement)]

    async def unfinished(self, requester_id: int, guild_id: int | None) -> list[int]:
        """Return a member's waiting and running jobs in that server, or everywhere if it is None."""
        here = jobs.c.guild_id == guild_id if guild_id is not None else sa.true()
        mine = jobs.c.requester_id == requester_id, jobs.c.state.in_((State.QUEUED, State.RUNNING))
        return [row.id for row in await self._database.all(sa.select(jobs.c.id).where(*mine, here).order_by(jobs.c.id))]

    async def deleted(self, among: Collection[int]) -> list[Job]:
        """Return those of these jobs whose picture was deleted by a member or a moderator."""
        wished = jobs.c.removed.in_([Removed.DELETED, Removed.MODERATOR])
        found: list[Job] = []
        for some in _chunks(among):
            found += map(job_from_row, await self._database.all(sa.select(jobs).where(jobs.c.id.in_(some), wished)))
        return found

    async def erased(self) -> list[Job]:
        """Return the jobs whose requester wants nothing kept, oldest first."""
        statement = sa.select(jobs).where(jobs.c.removed == Removed.ERASED).order_by(jobs.c.id)
        return [job_from_row(row) for row in await self._database.all(statement)]

    async def mark(self, job_ids: Collection[int], why: Removed) -> int:
        """Note why the pictures of these jobs are no longer on disk. Return how many jobs this changed.

        The first reason stays, except for the rule's: that picture is still on Discord, so it can still be deleted.
        """
        weaker = (jobs.c.removed == Removed.RULE) if why is not Removed.RULE else sa.false()
        open_ = sa.or_(jobs.c.removed.is_(None), weaker)
        marked = 0
        for some in _chunks(job_ids):
            marked += await self._database.run(sa.update(jobs).where(jobs.c.id.in_(some), open_).values(removed=why))
        return marked

    async def delete(self, job_ids: Collection[int]) -> None:
        """Delete the records of these jobs."""
        for some in _chunks(job_ids):
            await self._database.run(sa.delete(jobs).where(jobs.c.id.in_(some)))

    async def erase(self, job_id: int) -> None:
        """Delete a job for its requester, and keep for a day what counts against their limits."""
        usage_kept = keep(job_id, since=datetime.now(UTC) - DAY)
        await self._database.run(usage_kept, sa.delete(jobs).where(jobs.c.id == job_id))

    async def forget_usage(self, *, before: datetime) -> int:
        """Drop the counts whose day ended before that moment. Return how many there were."""
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
