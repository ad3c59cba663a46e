"""/healthz, /metrics and /admin status while the database or Discord is away, and once it is back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest

from bot.operations import presence, status

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

WELL = {"database": True, "discord": True, "engine": True}


@pytest.fixture(autouse=True)
def no_wait_between_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py waits five seconds before it identifies again, which shows nothing here."""

    async def at_once(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


@pytest.fixture
async def port(studio: Studio) -> int:
    await studio.bot.wait_until_ready()
    return await studio.bot.web.open("127.0.0.1", 0)


class Other:
    """Another program at the bot's database, in a thread: it may have to wait for what the bot is writing."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    async def run(self, statement: str) -> None:
        await asyncio.to_thread(self._connection.execute, statement)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def other(studio: Studio, tmp_path: Path) -> Iterator[Other]:
    with contextlib.closing(Other(tmp_path / "faraday.db")) as other:
        yield other


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def health(port: int) -> tuple[int, dict[str, Any]]:
    code, text = await get(port, "/healthz")
    return code, json.loads(text)


async def samples(port: int) -> dict[str, str]:
    code, text = await get(port, "/metrics")
    assert code == 200
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


async def test_a_database_that_is_gone_is_named_and_its_return_seen(studio: Studio, port: int, other: Other) -> None:
    assert await health(port) == (200, WELL)
    owner = studio.guild.member(studio.sandbox.world.owner)
    await other.run("ALTER TABLE jobs RENAME TO mislaid")
    status_code, body = await health(port)
    assert "no such table: jobs" in body.pop("why") and (status_code, body) == (503, WELL | {"database": False})
    found = await samples(port)
    assert found["faraday_database_up"] == "0.0" and found["faraday_connected"] == "1.0"
    assert not any(name.startswith("faraday_jobs{") for name in found), "they are unknown, not none"
    told = await (await owner.slash(studio.channel, "admin status")).text()
    assert "The database does NOT answer" in told and "Engine 1: cpu" in told
    assert presence.activity(await status.take(studio.bot))[1] is discord.Status.idle
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    assert "something went wrong on my side; nothing was painted" in await answer.text()
    await other.run("ALTER TABLE mislaid RENAME TO jobs")
    assert await health(port) == (200, WELL)
    assert (await samples(port))["faraday_database_up"] == "1.0"
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()


async def test_a_database_that_hangs_is_unhealthy_in_time_and_asked_once(
    studio: Studio, port: int, other: Other
) -> None:
    studio.bot.counts = status.Counts(studio.bot.queue, patience=0.1)
    await other.run("BEGIN EXCLUSIVE")
    assert [(await health(port))[1]["database"] for _ in range(3)] == [False] * 3
    waiting = studio.bot.counts._asking
    assert waiting is not None and not waiting.done()
    await other.run("ROLLBACK")
    await waiting
    assert await health(port) == (200, WELL)


async def test_a_gateway_that_is_gone_is_named_and_its_return_seen(studio: Studio, port: int) -> None:
    assert (await samples(port))["faraday_connected"] == "1.0"
    studio.sandbox.faults.order("restart", refusals=100)
    await studio.sandbox.until(lambda: not studio.bot.is_connected())
    assert await health(port) == (503, WELL | {"discord": False})
    assert (await samples(port))["faraday_connected"] == "0.0"
    studio.sandbox.faults.clear()
    await studio.sandbox.until(lambda: studio.bot.is_connected(), timeout=60)
    assert await health(port) == (200, WELL)
    await studio.sandbox.wait_until_bot_ready(60)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()
