"""Everything at once, as a crowd makes a bot do it, with Discord's limits on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.config import Config
from bot.gateway.client import ConnectedBot
from bot.gateway.throttle import Throttle
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


async def test_a_burst_in_one_channel_keeps_to_the_limit_of_its_routes(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as sandbox:
        channel = sandbox.create_guild("Studio").create_text_channel("room")
        at = {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)}
        async with ConnectedBot(Config.model_validate({"discord": at})) as bot:
            await bot.login(sandbox.token)
            room = bot.get_partial_messageable(channel.id)
            posted = await asyncio.gather(*(room.send(f"{number}") for number in range(7)))
            await asyncio.gather(*(posted[0].add_reaction(emoji) for emoji in "🔁✏️🎬❌"))
            await asyncio.gather(*(message.edit(content="edited") for message in posted[:4]))
        asked = [request.status for request in sandbox.requests]
        assert len(asked) >= 15 and 429 not in asked


async def test_a_request_that_was_given_up_keeps_no_other_waiting(tmp_path: Path) -> None:
    async with Sandbox(tmp_path) as sandbox:
        channel = sandbox.create_guild("Studio").create_text_channel("room")
        at = {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)}
        async with ConnectedBot(Config.model_validate({"discord": at})) as bot:
            await bot.login(sandbox.token)
            given_up = [asyncio.create_task(bot.fetch_channel(channel.id)) for _ in range(10)]
            await asyncio.sleep(0.01)
            for task in given_up:
                task.cancel()
            await asyncio.gather(*given_up, return_exceptions=True)
            async with asyncio.timeout(10):
                assert (await bot.fetch_channel(channel.id)).id == channel.id


async def test_turns_come_in_order_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("bot.gateway.throttle.asyncio.sleep", sleep)
    throttle = Throttle(per_second=0.001)
    for _ in range(3):
        await throttle.turn()
    assert [round(seconds, -2) for seconds in slept] == [0, 1000, 1000]
