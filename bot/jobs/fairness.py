"""Order the queued jobs fairly, by weight, in one SQL statement."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from bot.database.tables import jobs, usage
from bot.domain.job import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Set the rules of the fair order."""

    recent: timedelta = timedelta(hours=1)  # how long used engine time counts against a requester
    large_at_once: int = 0  # large jobs that may run at once; 0: any number


def fair_order(rules: Fairness) -> sa.Select[int, int, int, float]:
    """Select (id, place, held, cost) of every queued job. The lowest place that is not held is claimed first.

    Jobs that an engine had begun come first. The others are sorted by their requester's recent engine-seconds,
    with this job added, divided by the weight. So a heavy user waits longer in proportion, but never for ever.
    A job is held while its requester, its server or the large jobs have as many running as allowed. Use it as a
    subquery, because ``FOR UPDATE`` refuses window functions.
    """
    begun = sa.case((jobs.c.started_at.is_not(None), 0), else_=1)
    used, guilds = _used(rules).subquery(), _running_by_guild().subquery()
    mine = (jobs.c.requester_id, begun)
    queued = (
        sa.select(
            jobs.c.id,
            jobs.c.cost,
            begun.label("begun"),
            _held(begun, used, guilds, rules).label("held"),
            (
                sa.func.coalesce(used.c.seconds, 0) / jobs.c.weight
                + sa.func.sum(jobs.c.cost / jobs.c.weight).over(partition_by=mine, order_by=jobs.c.id)
            ).label("share"),
            sa.func.coalesce(used.c.served, 0).label("served"),
            sa.func.row_number().over(partition_by=mine, order_by=jobs.c.id).label("round"),
            sa.func.min(jobs.c.id).over(partition_by=mine).label("first"),
        )
        .outerjoin(used, used.c.requester_id == jobs.c.requester_id)
        .outerjoin(guilds, guilds.c.guild_id == jobs.c.guild_id)
        .where(jobs.c.state == State.QUEUED)
        .subquery()
    )
    order = queued.c.begun, queued.c.held, queued.c.share, queued.c.round, queued.c.served, queued.c.first
    place = sa.func.row_number().over(order_by=order).label("place")
    return sa.select(queued.c.id, place, queued.c.held, queued.c.cost)


def _used(rules: Fairness) -> sa.Select[int, float, int, int]:
    """Select each requester's recent engine-seconds, last claim and running jobs; unfinished runs count as expected."""
    of_late = sa.union_all(_used_by_jobs(rules), _used_by_erased(rules)).subquery()
    return sa.select(
        of_late.c.requester_id,
        sa.func.sum(of_late.c.seconds).label("seconds"),
        sa.func.max(of_late.c.claim_number).label("served"),
        sa.func.sum(of_late.c.running).label("running"),
    ).group_by(of_late.c.requester_id)


def _used_by_jobs(rules: Fairness) -> sa.Select[int, float, int, int]:
    earlier = jobs.alias("earlier")
    unfinished = earlier.c.state.in_((State.RUNNING, State.QUEUED))
    running = earlier.c.state == State.RUNNING
    seconds = sa.func.coalesce(earlier.c.seconds, sa.case((unfinished, earlier.c.cost), else_=0.0))
    return sa.select(
        earlier.c.requester_id,
        seconds.label("seconds"),
        earlier.c.claim_number,
        sa.case((running, 1), else_=0).label("running"),
    ).where(sa.or_(earlier.c.started_at >= _since(rules), running))


def _used_by_erased(rules: Fairness) -> sa.Select[int, float, int, int]:
    seconds = sa.func.coalesce(usage.c.seconds, 0.0)
    return sa.select(
        usage.c.requester_id, seconds, sa.literal(0).label("claim_number"), sa.literal(0).label("running")
    ).where(usage.c.started_at >= _since(rules))


def _since(rules: Fairness) -> sa.BindParameter[datetime]:
    return sa.literal(datetime.now(UTC) - rules.recent, jobs.c.created_at.type)


def _running_by_guild() -> sa.Select[int, int]:
    busy = jobs.alias("busy")
    running = sa.func.count().label("running")
    return sa.select(busy.c.guild_id, running).where(busy.c.state == State.RUNNING).group_by(busy.c.guild_id)


def _held(begun: sa.Case[int], used: sa.Subquery, guilds: sa.Subquery, rules: Fairness) -> sa.Case[int]:
    """Return 1 for a job that must not begin now, even if it is next."""
    busy = jobs.alias("large")
    large = sa.select(sa.func.count()).where(busy.c.state == State.RUNNING, busy.c.large).scalar_subquery()
    too_many = [
        sa.and_(jobs.c.max_running > 0, sa.func.coalesce(used.c.running, 0) >= jobs.c.max_running),
        sa.and_(jobs.c.guild_max_running > 0, sa.func.coalesce(guilds.c.running, 0) >= jobs.c.guild_max_running),
    ]
    if rules.large_at_once:
        too_many.append(sa.and_(jobs.c.large, large >= rules.large_at_once))
    return sa.case((begun == 0, 0), (sa.or_(*too_many), 1), else_=0)
