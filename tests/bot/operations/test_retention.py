"""What is deleted when its days are over, and what is not."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.config import StorageSection
from bot.database.connection import Database
from bot.database.tables import jobs
from bot.domain.job import Removed, State
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.records import Records
from bot.operations.retention import Retention, Swept
from tests.bot.conftest import ON_BOTH, MakeJob
from tests.bot.jobs.test_queue import to

pytestmark = ON_BOTH
NOW = datetime(2030, 1, 1, tzinfo=UTC)
RULES = StorageSection(pictures_days=90, uploads_days=30, frames_days=7, records_days=0)


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


async def aged(database: Database, files: Files, job_id: int, days: float) -> None:
    """The job ended so many days before NOW, and has every kind of file."""
    for name in ("final.png", "init", "mask", "image-prompt-0", "checkpoint", "region.png"):
        await files.write(files.folder(job_id) / name, b"bytes")
    async with database.engine.begin() as connection:
        finished = sa.update(jobs).where(jobs.c.id == job_id)
        await connection.execute(finished.values(finished_at=NOW - timedelta(days=days)))


def left(files: Files, job_id: int) -> set[str]:
    folder = files.folder(job_id)
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (6, {"final.png", "init", "mask", "image-prompt-0", "checkpoint", "region.png"}),
        (8, {"final.png", "init", "mask", "image-prompt-0"}),
        (31, {"final.png"}),
        (91, set()),
    ],
)
async def test_each_kind_of_file_has_its_own_days(
    queue: Queue, files: Files, records: Records, database: Database, new_job: MakeJob, days: int, kept: set[str]
) -> None:
    job_id = await to(State.DELIVERED, queue, new_job())
    await aged(database, files, job_id, days)
    await Retention(files, records, lambda: RULES).sweep(NOW)
    assert left(files, job_id) == kept
    job = await queue.get(job_id)
    assert job and job.removed == (Removed.RULE if days > 90 else None)
    assert (await queue.newest_picture([10]) is None) == (days > 90)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.RENDERED])
async def test_a_job_under_way_loses_nothing(
    queue: Queue, files: Files, records: Records, database: Database, new_job: MakeJob, state: State
) -> None:
    job_id = await to(state, queue, new_job())
    await aged(database, files, job_id, 1000)
    swept = await Retention(files, records, lambda: RULES.model_copy(update={"records_days": 1})).sweep(NOW)
    assert swept == Swept() and len(left(files, job_id)) == 6


async def test_zero_days_keep_everything(
    queue: Queue, files: Files, records: Records, database: Database, new_job: MakeJob
) -> None:
    job_id = await to(State.DELIVERED, queue, new_job())
    await aged(database, files, job_id, 10_000)
    nothing = StorageSection(pictures_days=0, uploads_days=0, frames_days=0)
    assert await Retention(files, records, lambda: nothing).sweep(NOW) == Swept()


async def test_records_go_with_their_files_and_children_stay(
    queue: Queue, files: Files, records: Records, database: Database, new_job: MakeJob
) -> None:
    parent = await to(State.DELIVERED, queue, new_job())
    child = await to(State.DELIVERED, queue, new_job(parent_id=parent))
    await aged(database, files, parent, 400)
    await aged(database, files, child, 10)
    rules = RULES.model_copy(update={"records_days": 365})
    assert (await Retention(files, records, lambda: rules).sweep(NOW)).records == 1
    assert await queue.get(parent) is None and not files.folder(parent).exists()
    kept = await queue.get(child)
    assert kept and kept.parent_id is None


async def test_what_counts_of_erased_records_goes_after_a_day(
    queue: Queue, files: Files, records: Records, database: Database, new_job: MakeJob
) -> None:
    await records.erase(await to(State.DELIVERED, queue, new_job()))
    retention = Retention(files, records, lambda: RULES)
    assert (await retention.sweep(datetime.now(UTC) + timedelta(hours=23))).usage == 0
    assert (await retention.sweep(datetime.now(UTC) + timedelta(hours=25))).usage == 1


async def test_folders_that_no_job_owns_go_after_a_day(
    queue: Queue, files: Files, records: Records, new_job: MakeJob
) -> None:
    await files.write(files.final(77), b"old")
    await files.write(files.final(78), b"new")
    (files.root / "control.sock").write_text("not a job's")
    os.utime(files.folder(77), (time.time() - 2 * 86_400,) * 2)
    assert (await Retention(files, records, lambda: RULES).sweep(NOW)).orphans == 1
    assert files.job_ids() == [78] and (files.root / "control.sock").exists()


async def test_a_wish_goes_before_the_rule_and_the_first_wish_stays(
    queue: Queue, records: Records, new_job: MakeJob
) -> None:
    one, other, kept = [await to(State.DELIVERED, queue, new_job()) for _ in range(3)]
    assert await records.mark([one, other], Removed.RULE) == 2
    assert await records.mark([one], Removed.MODERATOR) == 1
    assert await records.mark([one], Removed.DELETED) == 0 == await records.mark([one], Removed.RULE)
    assert [(job.id, job.removed) for job in await records.deleted([one, other, kept])] == [(one, Removed.MODERATOR)]
