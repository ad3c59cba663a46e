"""What counts against the limits of members after their records are erased: when they asked, for a day.

Without it whoever reaches a daily limit would erase their records and begin anew.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.database.store import UTCDateTime, jobs, metadata
from bot.domain.job import State

DAY = timedelta(hours=24)

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
usage = sa.Table(
    "usage",
    metadata,
    sa.Column("id", _Id, primary_key=True),  # its own: nothing says which picture it was
    sa.Column("requester_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False),  # as a picture of its day
    sa.Column("started_at", UTCDateTime),
    sa.Column("seconds", sa.Float),  # of an engine
    sa.Index(None, "requester_id"),
    sa.Index(None, "guild_id"),
    sqlite_autoincrement=True,
)

COUNTS = sa.not_(
    sa.or_(
        jobs.c.state == State.FAILED,
        sa.and_(jobs.c.state == State.CANCELLED, jobs.c.started_at.is_(None)),
    )
)
"""Of jobs: what failed, or was cancelled before it began, was no picture."""


def keep(job_id: int, *, since: datetime) -> sa.Insert:
    """Note what counts of a job that was submitted after ``since``; before its record goes, in one transaction."""
    mine = jobs.c.requester_id, jobs.c.guild_id, jobs.c.created_at, COUNTS, jobs.c.started_at, jobs.c.seconds
    of_late = sa.select(*mine).where(jobs.c.id == job_id, jobs.c.created_at > since)
    columns = ["requester_id", "guild_id", "created_at", "counts", "started_at", "seconds"]
    return sa.insert(usage).from_select(columns, of_late)
