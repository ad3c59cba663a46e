"""Faults of the gateway, each as discord.py meets it."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from sandbox import Channel, Member, Sandbox
from sandbox.people.handles import guild_of


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    return sandbox.create_guild().create_text_channel("p")


@pytest.fixture
def ada(channel: Channel) -> Member:
    return guild_of(channel).add_member("ada")


async def said(sandbox: Sandbox, bot: Any, channel: Channel, ada: Member, text: str) -> None:
    """Ada says something, and the bot hears it."""
    await ada.say(channel, f"{sandbox.bot_user.mention} {text}")
    await sandbox.until(lambda: [one for one in bot.events("message") if one.content.endswith(text)])


@pytest.mark.parametrize("code", [4000, 1006])
async def test_after_a_resumable_close_nothing_is_lost(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member, code: int
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("gateway_close", code=code)
        await said(sandbox, bot, channel, ada, "meanwhile")
        await sandbox.until(lambda: sandbox.gateway.resumes == 1)
        assert len(bot.events("ready")) == 1


@pytest.mark.parametrize("code", [4009, 1000])
async def test_after_a_final_close_a_new_session_begins(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member, code: int
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("gateway_close", code=code)
        await sandbox.until(lambda: len(bot.events("ready")) == 2)
        assert sandbox.gateway.resumes == 0
        await said(sandbox, bot, channel, ada, "again")


async def test_after_4004_the_client_gives_up(sandbox: Sandbox, connect: Any) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("gateway_close", code=4004)
        await sandbox.until(bot.is_closed)


async def test_op_7_is_followed_by_a_resume(sandbox: Sandbox, connect: Any, channel: Channel, ada: Member) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("reconnect")
        await sandbox.until(lambda: sandbox.gateway.resumes == 1)
        await said(sandbox, bot, channel, ada, "still here")


@pytest.mark.parametrize(("resumable", "readies"), [(True, 1), (False, 2)])
async def test_op_9_says_whether_to_resume(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member, resumable: bool, readies: int
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("invalid_session", resumable=resumable)
        await sandbox.until(lambda: sandbox.gateway.resumes == 1 or len(bot.events("ready")) == 2)
        await said(sandbox, bot, channel, ada, "hello")
        assert len(bot.events("ready")) == readies


async def test_without_hello_the_client_connects_again(sandbox: Sandbox, connect: Any) -> None:
    sandbox.create_guild()
    sandbox.gateway.heartbeat_interval_ms = 200
    async with connect(sandbox, heartbeat_timeout=1.0) as bot:
        sandbox.faults.order("no_hello")
        sandbox.gateway.drop()
        await sandbox.until(lambda: sandbox.gateway.resumes)
        assert sandbox.gateway.connects >= 3 and len(bot.events("ready")) == 1


async def test_without_resumed_the_missed_events_come_all_the_same(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("no_resumed")
        sandbox.gateway.drop()
        await said(sandbox, bot, channel, ada, "missed")
        assert bot.events("resumed") == []


async def test_without_acks_the_client_takes_the_connection_for_dead(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member
) -> None:
    sandbox.gateway.heartbeat_interval_ms = 100
    async with connect(sandbox, heartbeat_timeout=0.4) as bot:
        sandbox.faults.order("no_ack", times=100)
        await sandbox.until(lambda: sandbox.gateway.resumes >= 1)
        sandbox.faults.clear()
        await said(sandbox, bot, channel, ada, "alive")


async def test_a_missing_event_never_comes(sandbox: Sandbox, connect: Any, channel: Channel, ada: Member) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("missing_events", event="MESSAGE_CREATE")
        await ada.say(channel, f"{sandbox.bot_user.mention} one")
        await said(sandbox, bot, channel, ada, "two")
        assert [one.content[-3:] for one in bot.events("message")] == ["two"]


async def test_a_duplicated_event_comes_twice(sandbox: Sandbox, connect: Any, channel: Channel, ada: Member) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("duplicated_events", event="MESSAGE_CREATE")
        await said(sandbox, bot, channel, ada, "one")
        await said(sandbox, bot, channel, ada, "two")
        assert [one.content[-3:] for one in bot.events("message")] == ["one", "one", "two"]


async def test_a_reordered_event_comes_after_the_next_or_by_itself(
    sandbox: Sandbox, connect: Any, channel: Channel, ada: Member
) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("reordered_events", event="MESSAGE_CREATE")
        await ada.say(channel, f"{sandbox.bot_user.mention} one")
        await ada.say(channel, f"{sandbox.bot_user.mention} two")
        await sandbox.until(lambda: len(bot.events("message")) == 2)
        assert [one.content[-3:] for one in bot.events("message")] == ["two", "one"]
        sandbox.faults.order("reordered_events", event="MESSAGE_CREATE")
        await said(sandbox, bot, channel, ada, "alone")


async def test_a_restart_loses_every_session(sandbox: Sandbox, connect: Any, channel: Channel, ada: Member) -> None:
    async with connect(sandbox) as bot:
        sandbox.faults.order("restart", refusals=1)
        await sandbox.until(lambda: len(bot.events("ready")) == 2, timeout=60)
        assert sandbox.faults.pending == 0
        await said(sandbox, bot, channel, ada, "good morning")


# What the gateway makes of a bot that misbehaves


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 4002),
        ("[]", 4002),
        ('{"op": "2"}', 4002),
        ('{"op": 2, "d": {"token": 1}}', 4002),
        (b"\x00", 4002),
        ("[" * 2000, 4002),
        ('{"op": 99}', 4003),
        ('{"op": 1}' + " " * 5000, 1009),
    ],
)
async def test_a_bad_frame_closes_the_connection_with_its_code(frame: str | bytes, code: int) -> None:
    async with (
        Sandbox() as sandbox,
        aiohttp.ClientSession(headers={"Host": "gateway.discord.gg"}) as session,
        session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket,
    ):
        await socket.receive_json()
        await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
        assert (await socket.receive()).data == code


async def test_a_hundred_and_twenty_commands_a_minute_are_enough() -> None:
    async with (
        Sandbox() as sandbox,
        aiohttp.ClientSession(headers={"Host": "gateway.discord.gg"}) as session,
        session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket,
    ):
        await socket.receive_json()
        for _ in range(121):
            await socket.send_json({"op": 1, "d": None})
        while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
        assert message.data == 4008


async def test_a_client_that_says_goodbye_cannot_resume(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession(headers={"Host": "gateway.discord.gg"}) as session:
        identify = {"token": sandbox.token, "intents": 0, "properties": {"os": "", "browser": "", "device": ""}}
        async with session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 2, "d": identify})
            ready = await socket.receive_json()
        async with session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket:
            await socket.receive_json()
            resume = {"token": sandbox.token, "session_id": ready["d"]["session_id"], "seq": 1}
            await socket.send_json({"op": 6, "d": resume})
            assert await socket.receive_json() == {"op": 9, "d": False, "s": None, "t": None}
