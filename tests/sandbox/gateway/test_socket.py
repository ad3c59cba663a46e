"""The gateway: who may in, sessions that outlive their socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from sandbox import Sandbox


async def test_a_dropped_socket_is_resumed_and_loses_nothing(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        sandbox.gateway.drop()
        await ada.say(channel, f"{sandbox.bot_user.mention} while you were out")
        await sandbox.until(lambda: sandbox.gateway.resumes == 1)
        await sandbox.until(lambda: bot.events("message"))
        assert bot.events("message")[0].content.endswith("while you were out")
        await ada.say(channel, f"{sandbox.bot_user.mention} and after")
        await sandbox.until(lambda: len(bot.events("message")) == 2)
        assert len(bot.events("ready")) == 1


async def test_a_reconnect_request_is_followed(sandbox: Sandbox, connect: Any) -> None:
    sandbox.create_guild()
    async with connect(sandbox):
        sandbox.gateway.ask_to_reconnect()
        await sandbox.until(lambda: sandbox.gateway.resumes == 1)


async def test_a_forgotten_session_starts_anew(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        sandbox.gateway.drop(code=4000, forget=True)
        await sandbox.until(lambda: len(bot.events("ready")) == 2)
        await ada.say(channel, f"{sandbox.bot_user.mention} hello")
        await sandbox.until(lambda: bot.events("message"))


async def test_a_wrong_token_is_turned_away(sandbox: Sandbox, connect: Any) -> None:
    with pytest.raises(discord.LoginFailure):
        async with connect(sandbox, token="another"):
            pass


async def test_privileged_intents_need_the_portal(sandbox: Sandbox, connect: Any) -> None:
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with connect(sandbox, intents=discord.Intents(guilds=True, message_content=True)):
            pass


async def test_members_are_chunked_with_their_intent_and_hidden_without(make_sandbox: Any, connect: Any) -> None:
    async with make_sandbox(server_members=True) as sandbox:
        guild = sandbox.create_guild()
        guild.add_member("ada")
        async with connect(sandbox, intents=discord.Intents(guilds=True, members=True)) as bot:
            members = await bot.get_guild(guild.id).query_members("ad")
            assert [member.name for member in members] == ["ada"]
            assert len(bot.get_guild(guild.id).members) == 3
        async with connect(sandbox, intents=discord.Intents(guilds=True)) as bot:
            assert [member.id for member in bot.get_guild(guild.id).members] == [bot.user.id]


async def test_a_server_made_later_is_announced(sandbox: Sandbox, connect: Any) -> None:
    async with connect(sandbox) as bot:
        guild = sandbox.create_guild("New")
        await sandbox.until(lambda: bot.events("guild_join"))
        channel = guild.create_text_channel("p")
        await sandbox.until(lambda: bot.get_channel(channel.id))


async def test_a_connect_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.faults.next("GET", "/gateway", status=503)
    headers = {"Host": "gateway.discord.gg"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = f"wss://{sandbox.address}/?v=10&encoding=json"
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(url, ssl=False)
        async with session.ws_connect(url, ssl=False) as socket:
            assert (await socket.receive_json())["op"] == 10


async def test_a_stranger_on_the_gateway_is_closed_with_discords_code(tmp_path: Path) -> None:
    async with (
        Sandbox(tmp_path) as sandbox,
        aiohttp.ClientSession(headers={"Host": "gateway.discord.gg"}) as session,
    ):
        for payload, code in (
            ({"op": 2, "d": {"token": "wrong", "intents": 0, "properties": {}}}, 4004),
            ({"op": 2, "d": {"token": sandbox.token, "intents": 1 << 30, "properties": {}}}, 4013),
            ({"op": 2, "d": {"token": sandbox.token, "intents": 1 << 15, "properties": {}}}, 4014),
            ({"op": 3, "d": {"status": "online", "since": 0, "activities": [], "afk": False}}, 4003),
        ):
            async with session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket:
                await socket.receive_json()
                await socket.send_json(payload)
                closed = await socket.receive()
                assert closed.data == code
