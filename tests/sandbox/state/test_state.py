"""A saved session continues: everything that was said is there, for members and for the bot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import discord
import pytest

from sandbox import File, Message, Permissions, Sandbox, StateError
from sandbox.people.handles import acting, guild_of


class Buttons(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Stop", custom_id="stop:1")
    async def stop_it(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_message("stopped")


def setup(bot: discord.Client, tree: discord.app_commands.CommandTree[Any]) -> None:
    bot.add_view(Buttons())

    @tree.command(description="Paint")
    async def imagine(interaction: discord.Interaction, prompt: str) -> None:
        await interaction.response.send_message(f"painting {prompt}", view=Buttons())

    @tree.command(description="Whisper")
    async def whisper(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("psst", ephemeral=True)


async def played(sandbox: Sandbox, connect: Any, picture: bytes) -> Message:
    """A little of everything; returns the answer to /imagine."""
    guild = sandbox.create_guild("Studio")
    painters = guild.create_role("painters", permissions=int(Permissions.MANAGE_MESSAGES))
    channel = guild.create_text_channel("paintings", deny=Permissions.ADD_REACTIONS)
    ada = guild.add_member("ada", roles=(painters,))
    async with connect(sandbox, setup) as bot:
        answer = await ada.slash(channel, "imagine", prompt="a red car")
        await ada.slash(channel, "whisper")
        asked = await ada.say(channel, f"{sandbox.bot_user.mention} look", files=[File("car.png", picture)])
        await ada.react(asked, "👍")
        place = bot.get_channel(channel.id)
        sent = await place.send("here", reference=place.get_partial_message(asked.id))
        thread = await sent.create_thread(name="a red car")
        await thread.send("inside")
        await ada.say(await ada.open_dm(), "hello")
    assert answer.message is not None
    message: Message = answer.message
    return message


async def test_a_session_continues_where_it_ended(tmp_path: Path, connect: Any, png: Callable[..., bytes]) -> None:
    async with Sandbox(tmp_path / "one") as sandbox:
        answered = await played(sandbox, connect, png(30, 20))
        before = sandbox.transcript(answered.channel)
        link = sandbox.world.cdn.url(next(m for m in answered.channel.messages if m.files).files[0])
        sandbox.save(tmp_path / "saved")
    async with Sandbox(tmp_path / "two") as later:
        later.load(tmp_path / "saved")
        [guild] = later.world.guilds.values()
        channel = later.world.channels[answered.channel.id]
        assert later.transcript(channel) == before
        assert (later.token, later.bot_user.id) == (sandbox.token, sandbox.bot_user.id)
        ada = next(acting(member) for member in guild.members.values() if member.name == "ada")
        assert [role.name for role in ada.roles] == ["painters"]
        assert (await ada.open_dm()).messages[0].content == "hello"
        async with connect(later, setup) as bot:
            clicked = await ada.click(channel.messages_by_id[answered.id], label="Stop")
            assert await clicked.text() == "stopped"
            asked = next(message for message in channel.messages if message.files)
            seen = await bot.get_channel(channel.id).fetch_message(asked.id)
            assert await seen.attachments[0].read() == png(30, 20)
            assert (await bot.http.get_from_cdn(link)) == png(30, 20)
            newest = await ada.say(channel, "again")
            assert newest.id > max(message.id for message in channel.messages if message is not newest)


async def test_only_what_lasts_is_saved(tmp_path: Path, connect: Any, png: Callable[..., bytes]) -> None:
    async with Sandbox(tmp_path) as sandbox:
        answered = await played(sandbox, connect, png(8, 8))
        sandbox.save(tmp_path / "saved")
        assert "psst" not in (tmp_path / "saved" / "state.json").read_text(encoding="utf-8")
        assert len(list((tmp_path / "saved" / "files").iterdir())) == 1
        ada = next(member for member in sandbox.world.users.values() if member.name == "ada")
        with_file = next(message for message in answered.channel.messages if message.files)
        await guild_of(answered.channel).member(ada).delete(with_file)
        sandbox.save(tmp_path / "saved")
        assert list((tmp_path / "saved" / "files").iterdir()) == []


@pytest.mark.parametrize("damage", ["absent", "cut off", "no json", "another version", "a file", "a reference"])
async def test_a_damaged_state_is_refused_and_changes_nothing(
    tmp_path: Path, connect: Any, png: Callable[..., bytes], damage: str
) -> None:
    folder = tmp_path / "saved"
    async with Sandbox(tmp_path / "one") as sandbox:
        await played(sandbox, connect, png(8, 8))
        sandbox.save(folder)
    state = folder / "state.json"
    whole = json.loads(state.read_bytes())
    match damage:
        case "absent":
            state.unlink()
        case "cut off":
            state.write_bytes(state.read_bytes()[:-100])
        case "no json":
            state.write_bytes(b"\xff\xfe")
        case "another version":
            state.write_text(json.dumps(whole | {"version": 0}), encoding="utf-8")
        case "a file":
            next((folder / "files").iterdir()).unlink()
        case "a reference":
            whole["messages"][0]["author"] = 1
            state.write_text(json.dumps(whole), encoding="utf-8")
    async with Sandbox(tmp_path / "two") as later:
        bot, token = later.bot_user, later.token
        with pytest.raises(StateError):
            later.load(folder)
        assert (later.bot_user, later.token, later.world.guilds) == (bot, token, {})


async def test_a_state_is_not_loaded_under_a_running_bot(sandbox: Sandbox, connect: Any, tmp_path: Path) -> None:
    sandbox.save(tmp_path / "saved")
    async with connect(sandbox):
        with pytest.raises(StateError, match="before the bot connects"):
            sandbox.load(tmp_path / "saved")
