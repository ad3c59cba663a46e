"""Store the reports of pictures: one of each member and picture."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connection import Database
from bot.database.tables import reports
from bot.domain.moderation import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report. ``message_id`` is None until the moderators were told."""

    id: int
    job_id: int
    guild_id: int
    reporter_id: int
    reason: str
    created_at: datetime
    channel_id: int | None = None
    message_id: int | None = None
    outcome: Outcome | None = None
    settled_by: int | None = None
    settled_at: datetime | None = None


class Reports:
    """The stored reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, report_id: int) -> Report | None:
        return _first(await self._database.one(sa.select(reports).where(reports.c.id == report_id)))

    async def find(self, job_id: int, reporter_id: int) -> Report | None:
        """Return this member's report of this picture."""
        mine = reports.c.job_id == job_id, reports.c.reporter_id == reporter_id
        return _first(await self._database.one(sa.select(reports).where(*mine)))

    async def open_about(self, job_id: int) -> Report | None:
        """Return the first report of the picture that moderators know and have not settled."""
        open_ = reports.c.job_id == job_id, reports.c.message_id.is_not(None), reports.c.outcome.is_(None)
        return _first(await self._database.one(sa.select(reports).where(*open_).order_by(reports.c.id).limit(1)))

    async def add(self, job_id: int, guild_id: int, reporter_id: int, reason: str) -> Report:
        """Add a report. It replaces one that the moderators were not told of.

        Raises :class:`sqlalchemy.exc.IntegrityError` when they were told already.
        """
        mine = reports.c.job_id == job_id, reports.c.reporter_id == reporter_id
        values = {"job_id": job_id, "guild_id": guild_id, "reporter_id": reporter_id, "reason": reason}

        async def write(connection: AsyncConnection) -> Report:
            await connection.execute(sa.delete(reports).where(*mine, reports.c.message_id.is_(None)))
            added = sa.insert(reports).values(**values, created_at=datetime.now(UTC)).returning(reports)
            return _report((await connection.execute(added)).one())

        return await self._database.transact(write)

    async def told(self, report_id: int, *, channel_id: int, message_id: int) -> None:
        """Note by which message the moderators were told."""
        told = {"channel_id": channel_id, "message_id": message_id}
        await self._database.run(sa.update(reports).where(reports.c.id == report_id).values(**told))

    async def settle(self, job_id: int, outcome: Outcome, *, by: int) -> int:
        """Settle all open reports of the picture. Return how many there were."""
        mine = reports.c.job_id == job_id, reports.c.outcome.is_(None)
        settled = sa.update(reports).where(*mine).values(outcome=outcome, settled_by=by, settled_at=datetime.now(UTC))
        return await self._database.run(settled)


def _first(row: sa.Row[Any] | None) -> Report | None:
    return None if row is None else _report(row)


def _report(row: sa.Row[Any]) -> Report:
    values = dict(row._mapping)
    outcome = values.pop("outcome")
    return Report(**values, outcome=None if outcome is None else Outcome(outcome))
