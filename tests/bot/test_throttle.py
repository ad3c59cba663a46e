"""Everything at once, as a crowd makes a bot do it, with Discord's limits on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.config import Config
from bot.connection import ConnectedBot
from bot.throttle import Throttle
from sandbox import Sandbox


async def test_a_burst_is_spread_so_that_discord_refuses_nothing(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as sandbox:
        guild = sandbox.create_guild("Studio")
        channels = [guild.create_text_channel(f"room-{number}") for number in range(80)]
        at = {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)}
        async with ConnectedBot(Config.model_validate({"discord": at})) as bot:
            await bot.login(sandbox.token)
            await asyncio.gather(*(bot.fetch_channel(channel.id) for channel in channels))
        asked = [request.status for request in sandbox.requests]
        assert asked.count(200) >= 80 and 429 not in asked


async def test_turns_come_in_order_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("bot.throttle.asyncio.sleep", sleep)
    throttle = Throttle(per_second=0.001)
    for _ in range(3):
        await throttle.turn()
    assert [round(seconds, -2) for seconds in slept] == [1000, 2000]
