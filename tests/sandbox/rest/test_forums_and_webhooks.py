"""Forums, whose posts are threads; webhooks, which post under any name; threads that archive themselves."""

from __future__ import annotations

from typing import Any

import aiohttp
import discord
import pytest

from sandbox import File, NotOffered, Permissions, Sandbox
from tests.sandbox.conftest import connector_to


async def test_a_forum_takes_posts_with_files_and_tags(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    forum = guild.create_forum("gallery", tags=("car", "tree"))
    ada = guild.add_member("ada")
    async with connect(sandbox) as bot:
        seen = bot.get_channel(forum.id)
        assert isinstance(seen, discord.ForumChannel)
        opened = await seen.create_thread(
            name="a red car", content="look", file=discord.File("LICENSE"), applied_tags=[seen.available_tags[0]]
        )
        [post] = forum.threads
        assert post.messages[0].id == post.id and post.messages[0].attachments[0].filename == "LICENSE"
        assert [tag.name for tag in opened.thread.applied_tags] == ["car"]
        await ada.say(post, f"{sandbox.bot_user.mention} nice")
        await sandbox.until(lambda: any(one.content.endswith("nice") for one in bot.events("message")))
        with pytest.raises(discord.HTTPException) as refused:
            await bot.http.send_message(forum.id, params=discord.http.handle_message_parameters("hello"))
        assert refused.value.code == 50008


async def test_members_open_posts_too(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    forum, ada = guild.create_forum("gallery"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        post = await ada.open_post(forum, "a red car", f"{sandbox.bot_user.mention} paint", files=[File("a.png", b"a")])
        await sandbox.until(lambda: bot.events("message"))
        [message] = bot.events("message")
        assert (message.channel.id, message.channel.name, message.content[-5:]) == (post.id, "a red car", "paint")
        assert message.id == post.id and await message.attachments[0].read() == b"a"
        with pytest.raises(NotOffered):
            await ada.say(forum, "no post")


async def test_a_webhook_opens_posts_and_talks_in_threads(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild(bot_permissions=int(Permissions.MANAGE_WEBHOOKS))
    forum, channel, ada = guild.create_forum("gallery"), guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox) as bot:
        painter = await bot.get_channel(forum.id).create_webhook(name="painter")
        with pytest.raises(discord.HTTPException) as refused:
            await painter.send("where to?")
        assert refused.value.code == 220001
        await painter.send("look", thread_name="a red car", username="Rembrandt", wait=True)
        [post] = forum.threads
        assert (post.name, post.messages[0].author.name, post.messages[0].content) == ("a red car", "Rembrandt", "look")
        await sandbox.until(lambda: bot.get_channel(post.id) is not None)
        sent = await ada.say(channel, f"{sandbox.bot_user.mention} here")
        other = await bot.get_channel(channel.id).create_webhook(name="other")
        thread = await bot.get_channel(channel.id).get_partial_message(sent.id).create_thread(name="t")
        await other.send("in the thread", thread=thread)
        assert channel.threads[0].messages[-1].content == "in the thread"
        assert {one.id for one in await thread.fetch_members()} == {bot.user.id}


async def test_a_webhook_posts_edits_and_deletes_under_any_name(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild(bot_permissions=int(Permissions.MANAGE_WEBHOOKS))
    channel = guild.create_text_channel("p")
    async with connect(sandbox) as bot:
        made = await bot.get_channel(channel.id).create_webhook(name="painter")
        sent = await made.send("as somebody else", username="Rembrandt", wait=True)
        [message] = channel.messages
        assert (message.author.name, message.content) == ("Rembrandt", "as somebody else")
        await sandbox.until(lambda: [one for one in bot.events("message") if one.webhook_id == made.id])
        await sent.edit(content="changed", attachments=[discord.File("LICENSE")])
        assert message.content == "changed" and message.attachments
        await sent.delete()
        assert channel.messages == []
        assert [one.id for one in await bot.get_channel(channel.id).webhooks()] == [made.id]
        assert [one.id for one in await bot.get_guild(guild.id).webhooks()] == [made.id]
        await made.edit(name="master")
        assert (await bot.fetch_webhook(made.id)).name == "master"
        await made.delete()
        with pytest.raises(discord.NotFound):
            await bot.fetch_webhook(made.id)


async def test_who_has_only_the_token_may_post_and_nothing_else(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild(bot_permissions=int(Permissions.MANAGE_WEBHOOKS))
    channel = guild.create_text_channel("p")
    async with connect(sandbox) as bot:
        made = await bot.get_channel(channel.id).create_webhook(name="painter")
        async with aiohttp.ClientSession(connector=connector_to(sandbox)) as session:
            stranger = discord.Webhook.partial(made.id, made.token or "", session=session)
            await stranger.send("hello")
            assert channel.messages[0].content == "hello"
            wrong = discord.Webhook.partial(made.id, "x" * 68, session=session)
            with pytest.raises(discord.HTTPException) as refused:
                await wrong.send("hello")
            assert refused.value.code == 50027


async def test_a_thread_in_which_nothing_happens_archives_itself(sandbox: Sandbox, connect: Any) -> None:
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        sent = await bot.get_channel(channel.id).send("job")
        thread = await sent.create_thread(name="t", auto_archive_duration=60)
        sandbox.advance(3000)
        await thread.send("still talking")
        sandbox.advance(3000)
        assert not channel.threads[0].archived
        sandbox.advance(700)
        assert channel.threads[0].archived
        await sandbox.until(lambda: bot.events("thread_update"))
        assert [one.id async for one in bot.get_channel(channel.id).archived_threads()] == [thread.id]
        await thread.edit(archived=False)
        assert not channel.threads[0].archived


async def test_a_server_has_so_many_active_threads(
    sandbox: Sandbox, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.verbs.threads.MAX_ACTIVE", 1)
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        first = await place.create_thread(name="one", type=discord.ChannelType.public_thread)
        with pytest.raises(discord.HTTPException) as refused:
            await place.create_thread(name="two", type=discord.ChannelType.public_thread)
        assert refused.value.code == 160006
        await first.edit(archived=True)
        await place.create_thread(name="two", type=discord.ChannelType.public_thread)


async def test_single_commands_are_read_changed_and_removed(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()

    def setup(bot: discord.Client, tree: discord.app_commands.CommandTree[Any]) -> None:
        @tree.command(description="Paint")
        async def imagine(interaction: discord.Interaction) -> None: ...

    async with connect(sandbox, setup) as bot:
        [command] = await bot.tree.fetch_commands()
        assert (await bot.tree.fetch_command(command.id)).name == "imagine"
        await command.edit(description="Paint a picture")
        assert sandbox.world.commands[None][0]["description"] == "Paint a picture"
        with pytest.raises(discord.NotFound) as none:
            await command.fetch_permissions(bot.get_guild(guild.id))
        assert none.value.code == 10066
        await command.delete()
        assert await bot.tree.fetch_commands() == []
