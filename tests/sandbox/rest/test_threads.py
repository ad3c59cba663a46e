"""Threads: under a message, on their own, archived, locked, private."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from sandbox import Permissions, Sandbox


async def test_a_thread_under_a_message_carries_the_conversation(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("job 1")
        thread = await sent.create_thread(name="a red car", auto_archive_duration=60)
        await thread.add_user(discord.Object(ada.id))
        await thread.send("here it is")
        [opened] = channel.threads
        assert opened.id == sent.id and channel.messages[0].thread is opened
        assert set(opened.joined) == {ada.id, sandbox.bot_user.id}
        members = await thread.fetch_members()
        assert {member.id for member in members} == set(opened.joined)
        await ada.say(opened, f"{sandbox.bot_user.mention} nice")
        await sandbox.until(lambda: any(m.content.endswith("nice") for m in bot.events("message")))
        assert "└ thread: a red car" in sandbox.transcript(channel)
        with pytest.raises(discord.HTTPException) as refused:
            await sent.create_thread(name="again")
        assert refused.value.code == 160004
        assert (await bot.fetch_channel(opened.id)).name == "a red car"
        [newest] = [message async for message in thread.history(limit=1)]
        assert newest.content.endswith("nice")


async def test_a_thread_of_its_own_leaves_a_line_in_the_channel(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        thread = await bot.get_channel(channel.id).create_thread(name="gallery", type=discord.ChannelType.public_thread)
        assert channel.threads[0].id == thread.id
        assert channel.messages[0].type == 18
        await thread.edit(name="gallery 2")
        assert channel.threads[0].name == "gallery 2"
        await sandbox.until(lambda: bot.events("thread_create"))


async def test_writing_wakes_an_archived_thread_unless_it_is_locked(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("job")
        thread = await sent.create_thread(name="t")
        inside = await thread.send("one")
        channel.threads[0].archive()
        for attempt in (inside.edit(content="two"), inside.add_reaction("🔁")):
            with pytest.raises(discord.HTTPException) as refused:
                await attempt
            assert refused.value.code == 50083
        await thread.send("awake")
        assert not channel.threads[0].archived
        channel.threads[0].archive(locked=True)
        with pytest.raises(discord.HTTPException) as refused:
            await thread.send("let me in")
        assert refused.value.code == 50083


async def test_members_see_private_threads_only_when_invited(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        thread = await bot.get_channel(channel.id).create_thread(name="secret")
        [private] = channel.threads
        with pytest.raises(Exception, match="50001"):
            await ada.say(private, "hello?")
        await thread.add_user(discord.Object(ada.id))
        await ada.say(private, "hello")


async def test_threads_need_their_own_permissions(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel = guild.create_text_channel("p", deny=Permissions.CREATE_PUBLIC_THREADS)
    silent = guild.create_text_channel("q", deny=Permissions.SEND_MESSAGES_IN_THREADS)
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("job")
        with pytest.raises(discord.Forbidden) as refused:
            await sent.create_thread(name="t")
        assert refused.value.code == 50013
        thread = await (await bot.get_channel(silent.id).send("job")).create_thread(name="t")
        with pytest.raises(discord.Forbidden):
            await thread.send("hello")


async def test_open_threads_are_there_after_a_reconnect(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("job")
        await sent.create_thread(name="t")
    async with connect(sandbox) as bot:
        thread = bot.get_channel(channel.threads[0].id)
        assert thread.name == "t" and thread.parent_id == channel.id
