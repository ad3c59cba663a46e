"""Say what counts against the limits of members after their records are erased: when they asked, for a day.

Without it whoever reaches a daily limit would erase their records and begin anew.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.database.tables import jobs, usage
from bot.domain.job import State

DAY = timedelta(hours=24)


COUNTS = sa.not_(
    sa.or_(
        jobs.c.state == State.FAILED,
        sa.and_(jobs.c.state == State.CANCELLED, jobs.c.started_at.is_(None)),
    )
)  # a job that failed, or was cancelled before it began, counts for nothing


def keep(job_id: int, *, since: datetime) -> sa.Insert:
    """Copy what counts against limits from a job submitted after ``since``; run it before the job is deleted."""
    mine = jobs.c.requester_id, jobs.c.guild_id, jobs.c.created_at, COUNTS, jobs.c.started_at, jobs.c.seconds
    of_late = sa.select(*mine).where(jobs.c.id == job_id, jobs.c.created_at > since)
    columns = ["requester_id", "guild_id", "created_at", "counts", "started_at", "seconds"]
    return sa.insert(usage).from_select(columns, of_late)
