"""Bound how much one member and one server may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config import Config, LimitsSection
from bot.database.tables import jobs, usage
from bot.domain.job import NewJob, State
from bot.domain.setting import Values, strictest
from bot.errors import OverQuota
from bot.jobs.usage import COUNTS, DAY
from bot.texts import card


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The limits of one member at one place. 0 is no limit.

    ``max_running`` and ``guild_max_running`` make a job wait. The others refuse it.
    """

    max_running: int = 0
    max_queued: int = 0
    max_per_day: int = 0
    guild_max_running: int = 0
    guild_max_queued: int = 0
    guild_max_per_day: int = 0
    max_waiting: int = 0  # in the whole queue
    weight: float = 1.0  # the member's share of the engines


def bounded(values: Values, config: Config) -> Quota:
    """Return the server's quotas, within what the operator allows."""
    own = config.quotas
    return Quota(
        max_running=strictest([own.max_running, values.max_running]),
        max_queued=strictest([own.max_queued, values.max_queued]),
        max_per_day=strictest([own.max_per_day, values.max_per_day]),
        guild_max_running=own.guild_max_running,
        guild_max_queued=own.guild_max_queued,
        guild_max_per_day=own.guild_max_per_day,
        max_waiting=config.queue.max_waiting,
        weight=values.weight or 1.0,
    )


def limits(values: Values, config: Config) -> LimitsSection:
    """Return the limits on one picture: the operator's, or the server's where they are narrower."""
    own = config.limits
    narrower = {
        "max_pixels": strictest([own.max_pixels, values.max_pixels]),
        "max_iterations": strictest([own.max_iterations, values.max_iterations]),
    }
    return own.model_copy(update=narrower)


def refusal(which: str, most: int, frees: datetime | None = None) -> OverQuota:
    """Make the refusal for a limit. ``frees`` is when there is room again, if that is known."""
    return OverQuota(card.over_quota(which, most, frees), which=which, most=most, frees=frees)


async def check(connection: AsyncConnection, new: NewJob, quota: Quota) -> None:
    """Raise :class:`OverQuota` when ``new`` would be one too many."""
    mine, here = {"requester_id": new.requester_id}, {"guild_id": new.guild_id}
    await _check_queued(connection, "max_queued", quota.max_queued, mine)
    await _check_day(connection, "max_per_day", quota.max_per_day, mine)
    if new.guild_id is not None:
        await _check_queued(connection, "guild_max_queued", quota.guild_max_queued, here)
        await _check_day(connection, "guild_max_per_day", quota.guild_max_per_day, here)
    await _check_queued(connection, "max_waiting", quota.max_waiting, {})


async def _check_queued(connection: AsyncConnection, which: str, most: int, whose: Mapping[str, object]) -> None:
    if not most:
        return
    waiting = sa.select(sa.func.count()).where(jobs.c.state == State.QUEUED, *_of(jobs, whose))
    if (await connection.scalar(waiting) or 0) >= most:
        raise refusal(which, most)


async def _check_day(connection: AsyncConnection, which: str, most: int, whose: Mapping[str, object]) -> None:
    """Count the last 24 hours, erased records too."""
    if not most:
        return
    since = datetime.now(UTC) - DAY
    asked = sa.union_all(
        *(
            sa.select(table.c.created_at).where(counts, table.c.created_at > since, *_of(table, whose))
            for table, counts in ((jobs, COUNTS), (usage, usage.c.counts))
        )
    ).subquery()
    last = sa.select(asked.c.created_at).order_by(asked.c.created_at.desc()).offset(most - 1).limit(1)
    counted: datetime | None = await connection.scalar(last)
    if counted is not None:
        raise refusal(which, most, counted + DAY)


def _of(table: sa.Table, whose: Mapping[str, object]) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in whose.items()]
