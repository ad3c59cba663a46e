"""Let a crowd ask for pictures, wait for all of them, and count what went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks.load.bot import serve
from benchmarks.load.crowd import Heard, ask, delivered, seat
from bot.database.store import jobs, open_database
from bot.domain.job import State
from sandbox import Sandbox

TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """``seconds`` is the stand-in engine's speed, of one iteration; the shortest picture has ``iterations``."""

    members: int = 200
    jobs: int = 2000
    seconds: float = 0.025
    iterations: int = 8
    patience: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds, except the counts. ``stretch`` is how many seconds each engine-second of a member took them, from
    their first wish to their last picture; ``unfairness`` the longest of all members' by the shortest.
    """

    members: int
    jobs: int
    acknowledged_median: float
    acknowledged_p99: float
    acknowledged_longest: float
    unanswered: int
    lost: int
    twice: int
    refused_as_too_many: int
    stretch_shortest: float
    stretch_longest: float
    unfairness: float
    asking_seconds: float
    seconds: float
    bot_cpu_seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def measure(options: Load, told: Callable[[int, int], None]) -> Figures:
    """``told`` hears how many interactions were answered and how many pictures posted. Raises TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="faraday-load-") as name:
        folder, heard = Path(name), Heard()
        async with Sandbox(folder, acknowledge_within_s=30.0) as sandbox:
            places = seat(sandbox, options.members, options.iterations)
            async with _bot(sandbox, folder, options):
                began = time.monotonic()
                each = options.jobs // options.members
                await ask(places, each, heard, lambda: told(len(heard.acknowledged), 0))
                asked = time.monotonic() - began
                await _all_painted(sandbox, options, lambda many: told(len(heard.acknowledged), many))
                took = time.monotonic() - began
            stretches = await _stretches(folder)
            posted = delivered(sandbox)
            return Figures(
                members=options.members,
                jobs=options.jobs,
                acknowledged_median=float(np.median(heard.acknowledged)),
                acknowledged_p99=float(np.quantile(heard.acknowledged, 0.99)),
                acknowledged_longest=max(heard.acknowledged),
                unanswered=heard.unanswered,
                lost=each * options.members - len(posted),
                twice=sum(many > 1 for many in posted.values()),
                refused_as_too_many=sum(request.status == TOO_MANY for request in sandbox.requests),
                stretch_shortest=min(stretches),
                stretch_longest=max(stretches),
                unfairness=max(stretches) / min(stretches),
                asking_seconds=asked,
                seconds=took,
                bot_cpu_seconds=float((folder / "cpu").read_text()),
            )


@contextlib.asynccontextmanager
async def _bot(sandbox: Sandbox, folder: Path, options: Load) -> AsyncIterator[None]:
    where = (sandbox.address, str(sandbox.ca_file), sandbox.token, folder, options.seconds)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=where, name="bot")
    process.start()
    try:
        await sandbox.wait_until_bot_ready(120)
        await sandbox.wait_for_commands(120)
        await asyncio.sleep(2)  # the engine's Ready has no sign in Discord
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.join, 30)
        if process.is_alive():
            process.kill()


async def _all_painted(sandbox: Sandbox, options: Load, told: Callable[[int], None]) -> None:
    """Wait until all pictures lie in the channels and none comes any more."""
    async with asyncio.timeout(options.patience):
        while (many := delivered(sandbox).total()) < options.jobs:
            told(many)
            await asyncio.sleep(1)
    await asyncio.sleep(5)  # a second copy would come now


async def _stretches(folder: Path) -> list[float]:
    """Of each member: from the first wish to the last picture, by the engine-seconds of their pictures."""
    database = open_database(f"sqlite+aiosqlite:///{folder}/faraday.db")
    columns = jobs.c.requester_id, jobs.c.created_at, jobs.c.finished_at, jobs.c.seconds
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(*columns).where(jobs.c.state == State.DELIVERED))).all()
    await database.dispose()
    by_member = defaultdict(list)
    for row in rows:
        by_member[row.requester_id].append(row)
    return [
        (max(row.finished_at for row in mine) - min(row.created_at for row in mine)).total_seconds()
        / sum(row.seconds for row in mine)
        for mine in by_member.values()
    ]
