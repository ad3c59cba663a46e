"""Faults of requests, each as discord.py meets it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import aiohttp
import discord
import pytest

from sandbox import Channel, Sandbox
from sandbox.faults import faults

POST = {"method": "POST", "path": "/channels/*/messages"}


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    return sandbox.create_guild().create_text_channel("p")


def statuses(sandbox: Sandbox) -> list[int]:
    return [request.status for request in sandbox.requests if request.path.endswith("/messages")]


@pytest.mark.parametrize("scope", ["route", "global", "shared"])
async def test_a_429_with_via_is_waited_out(sandbox: Sandbox, connect: Any, channel: Channel, scope: str) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("rate_limited", scope=scope, retry_after_s=0.1, **POST)
        began = time.monotonic()
        await bot.get_channel(channel.id).send("through")
        assert time.monotonic() - began >= 0.1
        assert statuses(sandbox) == [429, 200] and len(channel.messages) == 1
        refused = next(request for request in sandbox.requests if request.status == 429)
        assert refused.answer["global"] == (scope == "global")


async def test_a_429_without_via_is_taken_for_a_ban(sandbox: Sandbox, connect: Any, channel: Channel) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("rate_limited", via=False, **POST)
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_channel(channel.id).send("no")
        assert refused.value.status == 429 and channel.messages == []


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("after_write", [False, True])
async def test_failures_are_tried_again(
    sandbox: Sandbox, connect: Any, channel: Channel, status: int, after_write: bool
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("server_error", status=status, after_write=after_write, **POST)
        await bot.get_channel(channel.id).send("hello")
        assert statuses(sandbox) == [status, 200]
        assert len(channel.messages) == 1  # after the write as well: discord.py has its nonces enforced


@pytest.mark.parametrize("status", [501, 503])
async def test_other_failures_are_raised(sandbox: Sandbox, connect: Any, channel: Channel, status: int) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("server_error", status=status, **POST)
        with pytest.raises(discord.DiscordServerError):
            await bot.get_channel(channel.id).send("hello")
        assert channel.messages == []


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (404, 10008), (413, 40005)])
async def test_refusals_name_their_reason(
    sandbox: Sandbox, connect: Any, channel: Channel, status: int, code: int
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("refused", status=status, **POST)
        with pytest.raises(discord.HTTPException) as refused:
            await bot.get_channel(channel.id).send("hello")
        assert (refused.value.status, refused.value.code) == (status, code)
        assert channel.messages == []


async def test_a_slow_request_takes_effect_late_and_a_late_answer_at_once(
    sandbox: Sandbox, connect: Any, channel: Channel
) -> None:
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        sandbox.faults.order("slow", seconds=0.3, **POST)
        sending = asyncio.create_task(place.send("slow"))
        await asyncio.sleep(0)
        assert channel.messages == []
        await sending
        sandbox.faults.order("late_answer", seconds=0.5, **POST)
        sending = asyncio.create_task(place.send("late"))
        await sandbox.until(lambda: [m for m in bot.events("message") if m.content == "late"])
        assert not sending.done()  # the event came first
        assert (await sending).content == "late"


@pytest.mark.parametrize("after_write", [False, True])
async def test_a_dropped_connection_raises(sandbox: Sandbox, connect: Any, channel: Channel, after_write: bool) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("dropped", after_write=after_write, **POST)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await bot.get_channel(channel.id).send("lost")
        assert len(channel.messages) == int(after_write)


async def test_a_truncated_answer_raises_though_the_message_is_there(
    sandbox: Sandbox, connect: Any, channel: Channel
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("truncated", **POST)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await bot.get_channel(channel.id).send("half")
        assert [message.content for message in channel.messages] == ["half"]
        assert (await bot.get_channel(channel.id).send("whole")).content == "whole"


async def test_a_file_may_be_lost_on_the_way(sandbox: Sandbox, connect: Any, channel: Channel) -> None:
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send(file=discord.File("LICENSE"))
        sandbox.faults.next("GET", "/cdn", status=503)
        with pytest.raises(discord.HTTPException):
            await sent.attachments[0].read()
        assert (await sent.attachments[0].read()).startswith(b"MIT")


async def test_ten_thousand_refusals_ban_the_address(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.faults.rates.INVALID_LIMIT", 3)
    async with Sandbox() as sandbox:
        place = sandbox.create_guild().create_text_channel("p", deny=1 << 11)
        async with connect(sandbox) as bot:
            for _ in range(3):
                with pytest.raises(discord.Forbidden):
                    await bot.get_channel(place.id).send("no")
            with pytest.raises(discord.HTTPException) as banned:
                await bot.get_channel(place.id).send("no")
            assert banned.value.status == 429


# Ordering them


def test_every_fault_of_the_table_can_be_shown_and_ordered() -> None:
    class Untouched:
        def __getattr__(self, name: str) -> Any:
            return lambda **how: None

    ordered = faults.Faults()
    ordered.gateway = Untouched()
    for kind in faults.Faults.table():
        assert kind["title"] and kind["description"].endswith(".")
        ordered.order(kind["name"], **{one["name"]: one["default"] for one in kind["parameters"]})
        for one in kind["parameters"]:
            for choice in one["choices"]:
                ordered.order(kind["name"], **{one["name"]: choice})
    assert ordered.pending
    ordered.clear()
    assert ordered.pending == 0


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("earthquake", {}, "there is no fault 'earthquake'; there are"),
        ("slow", {"second": 1}, "slow has no parameter"),
        ("slow", {"seconds": "long"}, "seconds must be a number"),
        ("slow", {"seconds": -1}, "seconds must be a number"),
        ("slow", {"times": True}, "times must be a integer"),
        ("server_error", {"status": 418}, "status must be one of"),
    ],
)
def test_a_wrong_order_says_what_is_offered(name: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        faults.Faults().order(name, **parameters)


def test_a_schedule_repeats_by_its_seed_and_comes_step_by_step(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    plans = [faults.Faults().schedule(seed, count=30, names=("slow", "server_error")) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    ordered = faults.Faults()
    steps = ordered.schedule(3, count=4, names=("slow",), gap=(2, 3))
    for step in steps:
        for _ in range(step.after - 1):
            ordered.count_request()
        before = len(ordered.ordered)
        ordered.count_request()
        assert ordered.ordered[before:] == [("slow", step.parameters)]
