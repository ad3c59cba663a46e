"""The databases as the bot opens them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connection import Database
from bot.database.tables import UTCDateTime, jobs
from tests.bot.conftest import ON_BOTH


async def test_sqlite_is_opened_for_concurrent_durable_use(database: Database) -> None:
    async with database.engine.begin() as connection:
        settings = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}


@ON_BOTH
async def test_a_transaction_that_reads_then_writes_waits_for_another_instead_of_failing(
    database: Database,
) -> None:
    async def read_then_write() -> None:
        async with database.engine.begin() as connection:
            await connection.execute(sa.select(jobs.c.id))
            await asyncio.sleep(0.02)
            await connection.execute(sa.update(jobs).values(attempt=1))

    await asyncio.gather(*(read_then_write() for _ in range(5)))


async def test_transactions_of_a_crowd_come_in_the_order_in_which_they_were_asked_for(database: Database) -> None:
    began: list[int] = []

    async def ask(number: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            began.append(number)

        await database.transact(work)
        if number < 40:
            await ask(number + 100)  # who was just served does not overtake those who wait

    await asyncio.gather(*(ask(number) for number in range(80)))
    assert began == [*range(80), *range(100, 140)]


async def test_closing_waits_for_the_transaction_under_way_and_begins_no_other(database: Database) -> None:
    began, ended = asyncio.Event(), list[str]()

    async def slow(connection: AsyncConnection) -> None:
        began.set()
        await asyncio.sleep(0.05)
        ended.append("transaction")

    under_way = asyncio.create_task(database.transact(slow))
    await began.wait()
    await database.close()
    ended.append("closed")
    late = asyncio.create_task(database.transact(slow))
    await asyncio.sleep(0.1)
    late.cancel()
    await asyncio.gather(under_way, late, return_exceptions=True)
    assert ended == ["transaction", "closed"]


@ON_BOTH
async def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    elsewhere = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5)))
    async with database.engine.begin() as connection:
        back = await connection.scalar(sa.select(sa.literal(elsewhere, UTCDateTime()).label("back")))
    assert back == elsewhere and back.tzinfo is UTC
    kind = UTCDateTime()
    assert kind.process_result_value(datetime(2026, 1, 1, 22, 4, 5, 6), database.engine.dialect) == elsewhere
    assert kind.process_bind_param(elsewhere, database.engine.dialect) == elsewhere.astimezone(UTC)
