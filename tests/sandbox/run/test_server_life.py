"""What a bot does to a server: members, roles, timeouts, channels, pins, deletions."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox import ApiError, Permissions, Sandbox

MODERATOR = int(
    Permissions.MANAGE_ROLES
    | Permissions.MANAGE_NICKNAMES
    | Permissions.MODERATE_MEMBERS
    | Permissions.KICK_MEMBERS
    | Permissions.MANAGE_CHANNELS
    | Permissions.MANAGE_MESSAGES
    | Permissions.PIN_MESSAGES
    | Permissions.MANAGE_THREADS
    | 0x3F_FFFF_FFFF & ~int(Permissions.ADMINISTRATOR)
)


@pytest.fixture
async def quick(make_sandbox: Any) -> AsyncIterator[Sandbox]:
    """A sandbox without rate limits, for many requests."""
    async with make_sandbox(rate_limits=False) as running:
        yield running


async def test_nicknames_roles_and_timeouts_take_effect(make_sandbox: Any, connect: Any) -> None:
    async with make_sandbox(server_members=True) as sandbox:
        guild = sandbox.create_guild(bot_permissions=MODERATOR)
        channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
        async with connect(sandbox, intents=discord.Intents(guilds=True, members=True)) as bot:
            seen = bot.get_guild(guild.id)
            member = await seen.fetch_member(ada.id)
            role = await seen.create_role(name="painter", colour=discord.Colour.red(), mentionable=True)
            await member.edit(nick="Ada L", roles=[role])
            assert (ada.nick, [one.name for one in ada.roles]) == ("Ada L", ["painter"])
            await sandbox.until(lambda: bot.events("member_update"))
            await member.remove_roles(role)
            assert ada.roles == []
            await member.add_roles(role)
            await role.edit(name="master", permissions=discord.Permissions(send_messages=True))
            assert [one.name for one in ada.roles] == ["master"]
            await member.timeout(timedelta(minutes=5))
            with pytest.raises(ApiError, match="50013"):
                await ada.say(channel, "hello?")
            sandbox.advance(301)
            await ada.say(channel, "hello")
            await role.delete()
            assert ada.roles == [] and await seen.fetch_roles() != []
            assert {one.id async for one in seen.fetch_members(limit=10)} == set(guild.members)
            await member.kick()
            assert ada.id not in guild.members
            await sandbox.until(lambda: bot.events("raw_member_remove"))


async def test_nobody_changes_those_above_them(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild(bot_permissions=MODERATOR)
    boss = guild.add_member("boss", roles=(guild.create_role("boss"),))
    async with connect(sandbox) as bot:
        seen = bot.get_guild(guild.id)
        member = await seen.fetch_member(boss.id)
        for attempt in (member.edit(nick="x"), member.timeout(timedelta(minutes=1)), member.kick()):
            with pytest.raises(discord.Forbidden) as refused:
                await attempt
            assert refused.value.code == 50013
        await seen.me.edit(nick="Michael")
        assert guild.members[sandbox.bot_user.id].nick == "Michael"


async def test_a_silenced_bot_can_only_read(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, bot_member = guild.create_text_channel("p"), guild.members[sandbox.bot_user.id]
    bot_member.timed_out_until = sandbox.world.now() + timedelta(minutes=5)
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        with pytest.raises(discord.Forbidden):
            await place.send("hello")
        assert [one async for one in place.history()] == []


async def test_channels_come_and_go(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild(bot_permissions=MODERATOR)
    ada = guild.add_member("ada")
    async with connect(sandbox) as bot:
        seen = bot.get_guild(guild.id)
        made = await seen.create_text_channel("new", topic="t", slowmode_delay=5)
        await made.edit(name="newer", nsfw=True)
        channel = guild.channels[made.id]
        assert (channel.name, channel.topic, channel.nsfw, channel.rate_limit_per_user) == ("newer", "t", True, 5)
        member = await seen.fetch_member(ada.id)
        await made.set_permissions(member, send_messages=False)
        with pytest.raises(ApiError, match="50013"):
            await ada.say(channel, "hello?")
        await made.set_permissions(member, overwrite=None)
        sent = await made.send("here")
        await sent.create_thread(name="t")
        await made.delete()
        assert guild.channels == {} and sandbox.world.channels == {}
        await sandbox.until(lambda: bot.events("guild_channel_delete"))


async def test_pins_and_bulk_deletion(quick: Sandbox, connect: Any) -> None:
    sandbox = quick
    guild = sandbox.create_guild(bot_permissions=MODERATOR)
    channel = guild.create_text_channel("p")
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        sent = [await place.send(str(number)) for number in range(4)]
        await sent[0].pin()
        await sent[2].pin()
        assert [one.content async for one in place.pins()] == ["2", "0"]
        assert [int(one.type) for one in channel.messages[4:]] == [6, 6]
        await sent[0].unpin()
        assert [one.content async for one in place.pins()] == ["2"]
        await place.delete_messages(sent[:3])
        assert [one.content for one in channel.messages][:1] == ["3"]
        await sandbox.until(lambda: bot.events("raw_bulk_message_delete"))
        sandbox.advance(15 * 24 * 3600)
        newer = await place.send("new")
        with pytest.raises(discord.HTTPException) as refused:
            await place.delete_messages([sent[3], newer])
        assert refused.value.code == 50034


async def test_a_bot_may_leave(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    guild.create_text_channel("p")
    async with connect(sandbox) as bot:
        await bot.get_guild(guild.id).leave()
        await sandbox.until(lambda: bot.events("guild_remove"))
        assert [one async for one in bot.fetch_guilds()] == []
        with pytest.raises(discord.NotFound):
            await bot.fetch_guild(guild.id)
    async with connect(sandbox) as bot:
        assert list(bot.guilds) == []


async def test_somebody_may_not_want_direct_messages(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    ada = guild.add_member("ada")
    async with connect(sandbox) as bot:
        user = await bot.fetch_user(ada.id)
        await user.send("hello")
        ada.user.takes_dms = False
        with pytest.raises(discord.Forbidden) as refused:
            await user.send("hello?")
        assert refused.value.code == 50007


async def test_an_old_message_takes_few_edits(quick: Sandbox, connect: Any) -> None:
    sandbox = quick
    channel = sandbox.create_guild().create_text_channel("p")
    async with connect(sandbox, max_ratelimit_timeout=30.0) as bot:
        sent = await bot.get_channel(channel.id).send("0")
        sandbox.advance(3601)
        for number in range(1, 6):
            await sent.edit(content=str(number))
        with pytest.raises(discord.RateLimited):
            await sent.edit(content="6")
        refused = sandbox.requests[-1]
        assert (refused.status, refused.answer["code"]) == (429, 30046)
        sandbox.advance(61)
        await sent.edit(content="7")
        assert channel.messages[0].content == "7"


class Pickers(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.select(cls=ui.UserSelect, custom_id="who", max_values=2)
    async def who(self, interaction: discord.Interaction, select: ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(" ".join(user.name for user in select.values))

    @ui.select(cls=ui.RoleSelect, custom_id="role")
    async def role(self, interaction: discord.Interaction, select: ui.RoleSelect[Any]) -> None:
        await interaction.response.send_message(select.values[0].name)

    @ui.select(cls=ui.ChannelSelect, custom_id="where")
    async def where(self, interaction: discord.Interaction, select: ui.ChannelSelect[Any]) -> None:
        await interaction.response.send_message(select.values[0].name)


async def test_people_roles_and_channels_are_picked(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, role = guild.create_text_channel("p"), guild.create_role("painters")
    ada, bob = guild.add_member("ada"), guild.add_member("bob")

    def setup(bot: discord.Client, tree: app_commands.CommandTree[Any]) -> None:
        @tree.context_menu(name="Profile")
        async def profile(interaction: discord.Interaction, member: discord.Member) -> None:
            await interaction.response.send_message(f"{member.name} joined", view=Pickers())

    async with connect(sandbox, setup):
        answer = await ada.use_on_user(channel, "Profile", bob)
        assert await answer.text() == "bob joined"
        message = answer.message
        assert message is not None
        picks: tuple[tuple[str, list[Any], str], ...] = (
            ("who", [ada, bob], "ada bob"),
            ("role", [role], "painters"),
            ("where", [channel], "p"),
        )
        for custom_id, values, said in picks:
            assert await (await ada.choose(message, values, custom_id=custom_id)).text() == said


async def test_a_link_and_a_token_grow_old(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    kept: list[discord.Interaction] = []

    def setup(bot: discord.Client, tree: app_commands.CommandTree[Any]) -> None:
        @tree.command(description="Paint")
        async def imagine(interaction: discord.Interaction) -> None:
            kept.append(interaction)
            await interaction.response.send_message(file=_file(b"MIT"))

    async with connect(sandbox, setup) as bot:
        await ada.slash(channel, "imagine")
        sent = await bot.get_channel(channel.id).fetch_message(channel.messages[0].id)
        sandbox.advance(901)
        with pytest.raises(discord.HTTPException) as late:
            await kept[0].followup.send("late")
        assert late.value.code == 50027
        sandbox.advance(24 * 3600)
        with pytest.raises(discord.NotFound):
            await sent.attachments[0].read()
        again = await bot.get_channel(channel.id).fetch_message(sent.id)
        assert (await again.attachments[0].read()).startswith(b"MIT")


async def test_boosts_raise_the_upload_limit(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild()
    channel = guild.create_text_channel("p")
    large = b"0" * (10 * 1024 * 1024 + 1)
    async with connect(sandbox) as bot:
        place = bot.get_channel(channel.id)
        with pytest.raises(discord.HTTPException) as refused:
            await place.send(file=_file(large))
        assert (refused.value.status, refused.value.code) == (413, 40005)
        guild.premium_tier = 2
        await place.send(file=_file(large))


def _file(content: bytes) -> discord.File:
    return discord.File(io.BytesIO(content), "large.bin")
