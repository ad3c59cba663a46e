"""Let a crowd ask for pictures, wait for all of them, and count what went wrong."""

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
from benchmarks.load.crowd import Heard, ask, delivered, seated
from bot.database.connection import Database
from bot.database.tables import jobs
from bot.domain.job import State
from sandbox import Sandbox

TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Say how much the bot is asked for."""

    members: int = 200
    jobs: int = 2000
    seconds: float = 0.025  # of the stand-in engine for one iteration
    iterations: int = 8  # of the shortest pictures
    patience: float = 1800.0  # seconds until the measurement gives up


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Hold what was measured: counts and seconds.

    A member's stretch is the seconds from the first wish to the last picture by the engine-seconds of their pictures.
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
    unfairness: float  # the longest stretch by the shortest
    asking_seconds: float
    seconds: float
    bot_cpu_seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def measure(load: Load, told: Callable[[int, int], None]) -> Figures:
    """Let the crowd ask, and count. Call ``told`` with the numbers of answers and of pictures. Raises TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="faraday-load-") as name:
        folder, heard = Path(name), Heard()
        async with Sandbox(folder, acknowledge_within_s=30.0) as sandbox:
            seats = seated(sandbox, load.members, load.iterations)
            async with _bot(sandbox, folder, load):
                began = time.monotonic()
                each = load.jobs // load.members
                await ask(seats, each, heard, lambda: told(len(heard.acknowledged), 0))
                asked = time.monotonic() - began
                await _all_painted(sandbox, load, lambda many: told(len(heard.acknowledged), many))
                took = time.monotonic() - began
            stretches = await _stretches(folder)
            posted = delivered(sandbox)
            return Figures(
                members=load.members,
                jobs=load.jobs,
                acknowledged_median=float(np.median(heard.acknowledged)),
                acknowledged_p99=float(np.quantile(heard.acknowledged, 0.99)),
                acknowledged_longest=max(heard.acknowledged),
                unanswered=heard.unanswered,
                lost=each * load.members - len(posted),
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
async def _bot(sandbox: Sandbox, folder: Path, load: Load) -> AsyncIterator[None]:
    where = (sandbox.address, str(sandbox.ca_file), sandbox.token, folder, load.seconds)
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


async def _all_painted(sandbox: Sandbox, load: Load, told: Callable[[int], None]) -> None:
    """Wait until all pictures are posted and no further one comes."""
    async with asyncio.timeout(load.patience):
        while (many := delivered(sandbox).total()) < load.jobs:
            told(many)
            await asyncio.sleep(1)
    await asyncio.sleep(5)  # a second copy would come now


async def _stretches(folder: Path) -> list[float]:
    """Return each member's stretch."""
    database = Database(f"sqlite+aiosqlite:///{folder}/faraday.db")
    columns = jobs.c.requester_id, jobs.c.created_at, jobs.c.finished_at, jobs.c.seconds
    async with database.engine.connect() as connection:
        rows = (await connection.execute(sa.select(*columns).where(jobs.c.state == State.DELIVERED))).all()
    await database.close()
    by_member = defaultdict(list)
    for row in rows:
        by_member[row.requester_id].append(row)
    return [
        (max(row.finished_at for row in mine) - min(row.created_at for row in mine)).total_seconds()
        / sum(row.seconds for row in mine)
        for mine in by_member.values()
    ]
