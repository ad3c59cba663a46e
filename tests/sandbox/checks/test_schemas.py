"""The validators themselves: they must notice what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from sandbox import GatewayEvent, Sandbox
from sandbox.checks import schemas

folder = schemas.directory()
pytestmark = pytest.mark.skipif(folder is None, reason=schemas.MISSING)


async def test_traffic_of_a_real_client_fits_and_tampering_is_noticed(tmp_path: Path, connect: Any) -> None:
    assert folder is not None
    validator = schemas.load(folder)
    async with Sandbox(tmp_path) as sandbox:
        channel = sandbox.create_guild().create_text_channel("p")
        async with connect(sandbox) as bot:
            await bot.get_channel(channel.id).send("hello", embed=discord.Embed(title="t"))
        assert validator.problems(sandbox.requests, sandbox.events) == []
        post = next(request for request in sandbox.requests if request.method == "POST")
        changes: tuple[dict[str, Any], ...] = (
            {"body": {"content": 3}},
            {"body": {"contend": "hello"}},
            {"body": {"embeds": [{"title": ["a"]}]}},
            {"answer": {}},
            {"answer": post.answer | {"id": int(post.answer["id"])}},
            {"route": "/channels/{channel_id}/mesages"},
            {"query": {"wait": "1"}},
            {"status": 201},
        )
        for change in changes:
            assert validator.request_problems(replace(post, **change)), change
        created = next(event for event in sandbox.events if event.name == "MESSAGE_CREATE")
        wrongs: tuple[dict[str, Any], ...] = (
            {"t": "MESSAGE_CREATED"},
            {"d": {}},
            {"d": created.payload["d"] | {"author": None}},
        )
        for wrong in wrongs:
            assert validator.event_problems(GatewayEvent(payload=created.payload | wrong, sent=True)), wrong
        identify = next(event for event in sandbox.events if not event.sent and event.payload["op"] == 2)
        assert validator.event_problems(GatewayEvent(payload=identify.payload | {"d": {}}, sent=False))


async def test_integers_pass_for_snowflakes_in_requests_only(tmp_path: Path, connect: Any) -> None:
    assert folder is not None
    validator = schemas.load(folder)
    async with Sandbox(tmp_path) as sandbox:
        guild = sandbox.create_guild()
        channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
        asked = await ada.say(channel, "paint")
        async with connect(sandbox) as bot:
            place = bot.get_channel(channel.id)
            await place.send("done", reference=place.get_partial_message(asked.id))
        post = next(request for request in sandbox.requests if request.method == "POST")
        assert isinstance(post.body["message_reference"]["message_id"], int)
        assert validator.request_problems(post) == []
