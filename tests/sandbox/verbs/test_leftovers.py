"""A session of play may last for days: what nobody needs any more is forgotten."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from sandbox import File, Sandbox
from sandbox.verbs import leftovers


def commands(bot: discord.Client, tree: app_commands.CommandTree[Any]) -> None:
    @tree.command(description="Look")
    async def look(interaction: discord.Interaction, picture: discord.Attachment) -> None:
        await interaction.response.send_message(f"{len(await picture.read())} bytes")


async def test_superseded_frames_go_and_what_is_shown_stays(
    sandbox: Sandbox, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "MOST_FILE_BYTES", 2500)
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot, aiohttp.ClientSession(headers={"Host": "cdn.discordapp.com"}) as session:
        sent = await bot.get_channel(channel.id).send(file=discord.File(io.BytesIO(b"0" * 1000), "0.png"))
        links = [sent.attachments[0].url]
        for number in range(1, 6):
            sent = await sent.edit(attachments=[discord.File(io.BytesIO(b"%d" % number * 1000), f"{number}.png")])
            links.append(sent.attachments[0].url)
        sandbox.advance(1)
        paths = [link.removeprefix("https://cdn.discordapp.com") for link in links]
        statuses = []
        for path in paths:
            async with session.get(f"https://{sandbox.address}{path}", ssl=False) as answer:
                statuses.append(answer.status)
        assert statuses == [404, 404, 404, 200, 200, 200]  # the last is shown, the two before fit


async def test_expired_interactions_nonces_and_lost_sessions_go(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, commands) as bot:
        await ada.slash(channel, "look", picture=File("a.png", b"abc"))
        await bot.get_channel(channel.id).send("hello", nonce="1")
        sandbox.advance(60)
        assert sandbox.world.interactions and sandbox.world.nonces
        sandbox.advance(3600)
        assert not sandbox.world.interactions and not sandbox.world.nonces
        sandbox.gateway.drop(code=1006)
        sandbox.advance(600)
        await sandbox.wait_until_bot_ready()
        assert sandbox.gateway.resumes == 0


async def test_traffic_is_kept_in_full_unless_told_otherwise(tmp_path: Path, connect: Any) -> None:
    async with Sandbox(tmp_path, traffic_kept=3) as sandbox:
        channel = sandbox.create_guild().create_text_channel("p")
        async with connect(sandbox) as bot:
            for number in range(5):
                await bot.get_channel(channel.id).send(str(number))
            sandbox.advance(1)
            assert [request.body["content"] for request in sandbox.requests] == ["2", "3", "4"]
            assert len(sandbox.events) == 3
