"""Whose turn it is, and what is refused, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import jobs
from bot.domain.job import NewJob
from bot.errors import OverQuota
from bot.jobs.fairness import Fairness
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from bot.jobs.records import Records
from engine.messages import RunFinished
from tests.bot.conftest import ON_BOTH

MakeJob = Callable[..., NewJob]
pytestmark = ON_BOTH


async def ask(queue: Queue, new: NewJob, **quota: int) -> int:
    return (await queue.submit(new, quota=Quota(**quota))).id


async def served(queue: Queue) -> list[int]:
    """The ids of the queued jobs as their turns come, each painted at once in as long as it was expected to take."""
    order = []
    while job := await queue.claim():
        order.append(job.id)
        finished = RunFinished(job_id=job.id, iteration=1, loss=0.1, image=b"png", seconds=job.cost)
        assert await queue.rendered(job.id, b"png", finished)
        assert await queue.delivered(job.id, 1)
    return order


async def test_who_used_the_engine_less_comes_first(queue: Queue, new_job: MakeJob) -> None:
    long, short = await ask(queue, new_job(1, cost=100)), await ask(queue, new_job(2, cost=10))
    assert await served(queue) == [short, long]
    again = [await ask(queue, new_job(requester, cost=10)) for requester in (1, 2, 2, 3)]
    assert await served(queue) == [again[3], again[1], again[2], again[0]]


async def test_a_large_job_waits_its_share_and_no_longer(queue: Queue, new_job: MakeJob) -> None:
    large = await ask(queue, new_job(1, cost=35))
    small = [await ask(queue, new_job(2, cost=10)) for _ in range(5)]
    assert await served(queue) == [*small[:3], large, *small[3:]]


async def test_twice_the_weight_has_twice_the_turns(queue: Queue, new_job: MakeJob) -> None:
    for _ in range(6):
        for requester, weight in ((1, 1.0), (2, 2.0)):
            await ask(queue, new_job(requester, cost=10, weight=weight))
    first = [job.requester_id for _ in range(6) if (job := await queue.claim())]
    assert (first.count(1), first.count(2)) == (2, 4)


async def test_engine_time_of_long_ago_counts_no_more(database: Database, queue: Queue, new_job: MakeJob) -> None:
    await ask(queue, new_job(1, cost=100))
    await served(queue)
    async with database.engine.begin() as connection:
        await connection.execute(sa.update(jobs).values(started_at=datetime.now(UTC) - timedelta(hours=2)))
    mine, other = await ask(queue, new_job(1, cost=10)), await ask(queue, new_job(2, cost=11))
    assert await served(queue) == [mine, other]


async def test_engine_time_of_erased_records_counts_as_before(
    database: Database, queue: Queue, new_job: MakeJob
) -> None:
    await Records(database).erase(await ask(queue, new_job(3)))  # which never began
    job_id = await ask(queue, new_job(1, cost=100))
    await served(queue)
    await Records(database).erase(job_id)
    mine, other = await ask(queue, new_job(1, cost=10)), await ask(queue, new_job(2, cost=105))
    assert await served(queue) == [other, mine]


async def test_engine_time_of_a_cancelled_run_counts(queue: Queue, new_job: MakeJob) -> None:
    job_id = await ask(queue, new_job(1, cost=100))
    await queue.claim()
    await queue.cancelled(job_id, seconds=50.0)
    mine, other = await ask(queue, new_job(1, cost=10)), await ask(queue, new_job(2, cost=55))
    assert await served(queue) == [other, mine]


async def test_whoever_has_as_many_running_as_allowed_waits_and_others_go_on(queue: Queue, new_job: MakeJob) -> None:
    mine = [await ask(queue, new_job(1, max_running=1)) for _ in range(2)]
    other = await ask(queue, new_job(2, cost=50, guild_id=7, guild_max_running=1))
    third = await ask(queue, new_job(3, cost=60, guild_id=7, guild_max_running=1))
    claims = [job.id for _ in range(4) if (job := await queue.claim())]
    assert claims == [mine[0], other]
    assert await queue.position(mine[1]) == 1 and await queue.position(third) == 2
    await queue.cancelled(mine[0])
    await queue.cancelled(other)
    freed = [job.id for _ in range(4) if (job := await queue.claim())]
    assert freed == [mine[1], third]


async def test_the_slow_lane_leaves_room_for_small_jobs(database: Database, files: Files, new_job: MakeJob) -> None:
    queue = Queue(database, files, fairness=Fairness(large_at_once=1))
    large = [await ask(queue, new_job(requester, cost=10, large=True)) for requester in (1, 2)]
    small = await ask(queue, new_job(3, cost=20))
    assert [job.id for _ in range(3) if (job := await queue.claim())] == [large[0], small]
    await queue.cancelled(large[0])
    job = await queue.claim()
    assert job and job.id == large[1]


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        ({"max_queued": 2}, "You already have 2 pictures waiting"),
        ({"guild_max_queued": 2}, "This server already has 2 pictures waiting"),
        ({"max_waiting": 2}, "The line is full, with 2 pictures waiting."),
    ],
)
async def test_what_may_wait_is_bounded(queue: Queue, new_job: MakeJob, quota: dict[str, int], told: str) -> None:
    for _ in range(2):
        await ask(queue, new_job(guild_id=7), **quota)
    with pytest.raises(OverQuota, match=told) as refused:
        await ask(queue, new_job(guild_id=7), **quota)
    assert (refused.value.which, refused.value.most) == (*quota, *quota.values())
    await queue.claim()
    await ask(queue, new_job(guild_id=7), **quota)


@pytest.mark.parametrize("which", ["max_per_day", "guild_max_per_day"])
async def test_a_days_pictures_are_bounded_and_it_is_said_when_there_is_room_again(
    database: Database, queue: Queue, new_job: MakeJob, which: str
) -> None:
    quota = {which: 2}
    first = await ask(queue, new_job(guild_id=7), **quota)
    await ask(queue, new_job(guild_id=7), **quota)
    asked = datetime.now(UTC) - timedelta(hours=23)
    async with database.engine.begin() as connection:
        await connection.execute(sa.update(jobs).where(jobs.c.id == first).values(created_at=asked))
    with pytest.raises(OverQuota) as refused:
        await ask(queue, new_job(guild_id=7), **quota)
    frees = refused.value.frees
    assert frees and abs(frees - (asked + timedelta(hours=24))) < timedelta(seconds=1)
    assert f"There is room again <t:{round(frees.timestamp())}:R>" in str(refused.value)
    await queue.failed(first, "It broke.")  # which was no picture
    await ask(queue, new_job(guild_id=7), **quota)


@pytest.mark.parametrize("which", ["max_per_day", "guild_max_per_day"])
async def test_erased_records_count_for_the_rest_of_their_day(
    database: Database, queue: Queue, new_job: MakeJob, which: str
) -> None:
    records, quota = Records(database), {which: 1}
    failed = await ask(queue, new_job(guild_id=7))
    await queue.failed(failed, "It broke.")  # which was no picture
    old = await ask(queue, new_job(guild_id=7))
    asked = datetime.now(UTC) - timedelta(hours=25)
    async with database.engine.begin() as connection:
        await connection.execute(sa.update(jobs).where(jobs.c.id == old).values(created_at=asked))
    for job_id in (failed, old):
        await records.erase(job_id)
    today = await ask(queue, new_job(guild_id=7), **quota)
    await records.erase(today)
    with pytest.raises(OverQuota) as refused:
        await ask(queue, new_job(guild_id=7), **quota)
    frees = refused.value.frees
    assert frees and abs(frees - (datetime.now(UTC) + timedelta(hours=24))) < timedelta(minutes=1)
    await records.forget_usage(before=datetime.now(UTC) + timedelta(hours=25))
    await ask(queue, new_job(guild_id=7), **quota)


async def test_other_members_and_servers_have_quotas_of_their_own(queue: Queue, new_job: MakeJob) -> None:
    quota = {"max_queued": 1, "max_per_day": 1, "guild_max_queued": 1, "guild_max_per_day": 1}
    await ask(queue, new_job(1, guild_id=7), **quota)
    await ask(queue, new_job(2, guild_id=8), **quota)
    await ask(queue, new_job(3, guild_id=None), **quota)
