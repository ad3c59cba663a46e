"""Rules of the REST API that hold everywhere: permissions, rates, faults, unknown paths."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import aiohttp
import discord
import pytest

from sandbox import Permissions, Sandbox


@pytest.mark.parametrize(
    ("denied", "code"),
    [(Permissions.SEND_MESSAGES, 50013), (Permissions.VIEW_CHANNEL, 50001), (Permissions.ATTACH_FILES, 50013)],
)
async def test_a_missing_permission_is_named(sandbox: Sandbox, connect: Any, denied: Permissions, code: int) -> None:
    channel = sandbox.create_guild().create_text_channel("p", deny=denied)
    async with connect(sandbox) as bot:
        place = bot.get_partial_messageable(channel.id)
        with pytest.raises(discord.Forbidden) as refused:
            await place.send("hi", file=discord.File("LICENSE"))
        assert refused.value.code == code
        channel.set_permissions(allow=denied)
        await place.send("hi", file=discord.File("LICENSE"))


async def test_a_channel_out_of_sight_sends_no_events(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    hidden = guild.create_text_channel("staff", deny=Permissions.VIEW_CHANNEL)
    open_ = guild.create_text_channel("p")
    ada = guild.add_member("ada")
    async with connect(sandbox) as bot:
        await ada.say(hidden, f"{sandbox.bot_user.mention} psst")
        await ada.say(open_, f"{sandbox.bot_user.mention} hello")
        await sandbox.until(lambda: bot.events("message"))
        assert [message.channel.id for message in bot.events("message")] == [open_.id]


async def test_the_client_waits_for_its_rate_limit(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("picture")
        begun = time.monotonic()
        for emoji in "🔁⬆👍":
            await sent.add_reaction(emoji)
        assert time.monotonic() - begun >= 0.5
        assert not [request for request in sandbox.requests if request.status == 429]


async def test_a_429_is_waited_out(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    sandbox.faults.next("POST", "/channels/*/messages", status=429, retry_after_s=0.1)
    async with connect(sandbox) as bot:
        await bot.get_channel(channel.id).send("through")
        posts = [request.status for request in sandbox.requests if request.method == "POST"]
        assert posts == [429, 200] and len(channel.messages) == 1


async def test_more_than_the_bucket_holds_gets_429(sandbox: Sandbox) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    url = f"https://{sandbox.address}/api/v10/channels/{channel.id}/messages"
    headers = {"Authorization": f"Bot {sandbox.token}", "Host": "discord.com"}
    async with aiohttp.ClientSession(headers=headers) as session:
        answers = [await session.post(url, json={"content": str(n)}, ssl=False) for n in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert answers[4].headers["X-RateLimit-Remaining"] == "0"
        assert answers[5].headers["Via"] and answers[5].headers["Content-Type"] == "application/json"
        assert 0 < (await answers[5].json())["retry_after"] <= 5


async def test_a_failure_after_the_write_posts_twice_without_a_nonce(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        sandbox.faults.next("POST", "/channels/*/messages", status=500, after_write=True)
        route = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
        await bot.http.request(route, json={"content": "plain"})
        assert [message.content for message in channel.messages] == ["plain", "plain"]
        sandbox.faults.next("POST", "/channels/*/messages", status=500, after_write=True)
        await bot.http.request(route, json={"content": "once", "nonce": "1", "enforce_nonce": True})
        assert [message.content for message in channel.messages] == ["plain", "plain", "once"]


async def test_slow_and_broken_answers_can_be_ordered(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        sandbox.faults.next("POST", "/channels/*/messages", delay_s=0.2)
        begun = time.monotonic()
        await place.send("slow")
        assert time.monotonic() - begun >= 0.2
        sandbox.faults.next("POST", "/channels/*/messages", disconnect=True)
        with pytest.raises((aiohttp.ClientError, OSError)):
            await place.send("lost")
        assert [message.content for message in channel.messages] == ["slow"]


async def test_an_unknown_endpoint_is_loud(tmp_path: Any, connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox(tmp_path) as sandbox, connect(sandbox) as bot:
        with caplog.at_level(logging.ERROR), pytest.raises(discord.NotFound) as missing:
            await bot.http.request(discord.http.Route("GET", "/soundboard-default-sounds"))
        assert (missing.value.status, missing.value.code) == (404, 0)
        assert "UNKNOWN ENDPOINT GET" in caplog.text


async def test_garbage_and_strangers_are_turned_away(sandbox: Sandbox) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    url = f"https://{sandbox.address}/api/v10/channels/{channel.id}/messages"
    good = {"Authorization": f"Bot {sandbox.token}"}
    async with aiohttp.ClientSession() as session:
        stranger = await session.post(url, json={"content": "hi"}, ssl=False)
        garbage = await session.post(url, data=b"{", headers=good | {"Content-Type": "application/json"}, ssl=False)
        assert (stranger.status, garbage.status) == (401, 400)
        assert (await garbage.json())["code"] == 50109


async def test_guilds_members_and_roles_can_be_read(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild("Studio")
    role = guild.create_role("painters", permissions=int(Permissions.MANAGE_MESSAGES))
    ada = guild.add_member("ada", roles=(role,))
    channel = guild.create_text_channel("p")
    async with connect(sandbox) as bot:
        fetched = await bot.fetch_guild(guild.id)
        assert fetched.name == "Studio" and fetched.approximate_member_count == 3
        member = await bot.get_guild(guild.id).fetch_member(ada.id)
        assert member.display_name == "ada"
        assert channel and member.get_role(role.id) is not None
        assert {one.name for one in await fetched.fetch_roles()} == {"@everyone", "Faraday", "painters"}
        assert [one.name for one in await bot.get_guild(guild.id).fetch_channels()] == ["p"]
        async with bot.get_channel(channel.id).typing():
            await asyncio.sleep(0)
        info = await bot.application_info()
        assert not info.flags.gateway_message_content_limited
