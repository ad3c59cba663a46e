"""Read past jobs for members; nothing here changes a job."""

from collections.abc import Collection

import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import job_from_row, jobs
from bot.domain.job import Job, State

_PROMPT = jobs.c.spec["prompt"].as_string()
_RECENT = 200  # jobs that past prompts are looked for in


class Archive:
    """Query the jobs, newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, user_id: int, search: str, *, offset: int, limit: int) -> tuple[list[Job], int]:
        """Return one page of the member's jobs with ``search`` in the prompt, and the number of all of them."""
        mine = _of(user_id, search)
        page = sa.select(jobs).where(*mine).order_by(jobs.c.id.desc()).offset(offset).limit(limit)
        many = sa.select(sa.func.count().label("many")).where(*mine)
        return await self._jobs(page), (await self._database.all(many))[0].many

    async def unfinished(self, user_id: int) -> list[Job]:
        """Return the member's waiting and running jobs, oldest first."""
        open_ = jobs.c.state.in_((State.QUEUED, State.RUNNING))
        return await self._jobs(sa.select(jobs).where(jobs.c.requester_id == user_id, open_).order_by(jobs.c.id))

    async def grid(self, grid_id: int) -> list[Job]:
        """Return the jobs of a grid in its order."""
        return await self._jobs(sa.select(jobs).where(jobs.c.grid_id == grid_id).order_by(jobs.c.id))

    async def prompts(self, user_id: int, search: str, *, limit: int) -> list[str]:
        """Return the member's recent prompts, each once."""
        mine = _of(user_id, search)
        recent = sa.select(_PROMPT.label("prompt")).where(*mine).order_by(jobs.c.id.desc()).limit(_RECENT)
        return list(dict.fromkeys(row.prompt for row in await self._database.all(recent)))[:limit]

    async def painted_in(self, style_ids: Collection[int]) -> dict[int, Job]:
        """Return the newest delivered job of each style that has one."""
        newest = (
            sa.select(sa.func.max(jobs.c.id))
            .where(jobs.c.style_id.in_(style_ids), jobs.c.state == State.DELIVERED, jobs.c.removed.is_(None))
            .group_by(jobs.c.style_id)
        )
        found = await self._jobs(sa.select(jobs).where(jobs.c.id.in_(newest)))
        return {job.style_id: job for job in found if job.style_id is not None}

    async def _jobs(self, statement: sa.Executable) -> list[Job]:
        return [job_from_row(row) for row in await self._database.all(statement)]


def _of(user_id: int, search: str) -> list[sa.ColumnElement[bool]]:
    mine: list[sa.ColumnElement[bool]] = [jobs.c.requester_id == user_id]
    number = search.strip().removeprefix("#")
    if number.isdigit() and len(number) < 19:
        return [*mine, sa.or_(jobs.c.id == int(number), _PROMPT.icontains(search, autoescape=True))]
    return [*mine, _PROMPT.icontains(search.strip(), autoescape=True)] if search.strip() else mine
