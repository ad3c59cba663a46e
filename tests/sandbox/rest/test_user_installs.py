"""The application in a server that its bot is no member of: it answers interactions, and can do nothing else."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox import NotOffered, Sandbox
from sandbox.verbs import threads

Interaction = discord.Interaction[Any]


class Again(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Again", custom_id="again")
    async def again(self, interaction: Interaction, button: ui.Button[Any]) -> None:
        await interaction.response.edit_message(content="painted again", attachments=[])


def commands(bot: discord.Client, tree: app_commands.CommandTree[Any]) -> None:
    bot.add_view(Again())

    @tree.command(description="Paint anywhere")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def paint(interaction: Interaction, frames: int) -> None:
        assert interaction.is_user_integration() and not interaction.is_guild_integration()
        assert interaction.app_permissions.attach_files and not interaction.app_permissions.send_messages
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(b"x"), "car.png")], view=Again())
        try:
            for number in range(frames):
                await interaction.followup.send(f"frame {number}")
        except discord.HTTPException as error:
            await interaction.edit_original_response(content=f"{error.code}")

    @tree.command(description="Members only")
    async def queue(interaction: Interaction) -> None: ...

    @tree.command(description="Whisper, correct it, take it back")
    @app_commands.allowed_installs(guilds=True, users=True)
    async def whisper(interaction: Interaction) -> None:
        await interaction.response.send_message("one", ephemeral=True)
        second = await interaction.followup.send("two", ephemeral=True, wait=True)
        await second.edit(content="two, corrected")
        third = await interaction.followup.send("three", ephemeral=True, wait=True)
        await third.delete()
        await interaction.delete_original_response()


async def test_follow_ups_are_all_that_a_bot_has_where_it_is_no_member(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild("Elsewhere", with_bot=False)
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, commands) as bot:
        assert not bot.guilds
        await ada.say(channel, f"{sandbox.bot_user.mention} are you there?")
        with pytest.raises(discord.Forbidden):
            await bot.fetch_channel(channel.id)
        with pytest.raises(NotOffered):
            await ada.slash(channel, "queue")
        answer = await ada.slash(channel, "paint", frames=6)
        await sandbox.until(lambda: answer.message and answer.message.content)
        assert answer.message is not None and answer.message.content == "40094"
        assert [one.content for one in answer.followups] == [f"frame {number}" for number in range(5)]
        aside = threads.open_from_message(sandbox.world, answer.message, ada.user, {"name": "aside"})
        assert (await ada.slash(aside, "paint", frames=0)).deferred
        await ada.click(answer.message, label="Again")
        assert (answer.message.content, answer.message.attachments) == ("painted again", [])
        assert not bot.events("message")


async def test_between_two_people_it_can_only_answer_too(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild("Studio")
    ada, bob = guild.add_member("ada"), guild.add_member("bob")
    theirs = sandbox.create_conversation(ada, bob)
    async with connect(sandbox, commands) as bot:
        assert theirs is not await ada.open_dm()
        await ada.say(theirs, "look at this")
        with pytest.raises(discord.Forbidden):
            await bot.fetch_channel(theirs.id)
        with pytest.raises(NotOffered):
            await ada.slash(theirs, "queue")
        answer = await ada.slash(theirs, "paint", frames=1)
        await sandbox.until(lambda: answer.followups)
        assert [one.author for one in theirs.messages] == [ada.user, sandbox.bot_user, sandbox.bot_user]
        assert not bot.events("message")


@pytest.mark.parametrize("with_bot", [True, False])
async def test_ephemeral_follow_ups_are_edited_and_deleted(sandbox: Sandbox, connect: Any, *, with_bot: bool) -> None:
    guild = sandbox.create_guild("Studio", with_bot=with_bot)
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, commands):
        answer = await ada.slash(channel, "whisper")
        await sandbox.until(lambda: answer.interaction.original and answer.interaction.original.deleted)
        told = [(one.content, one.deleted) for one in answer.followups]
        assert told == [("two, corrected", False), ("three", True)]
        assert not channel.messages and len(channel.messages_by_id) == 1


async def test_a_server_that_the_bot_has_left_offers_only_what_its_members_installed(
    sandbox: Sandbox, connect: Any
) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with connect(sandbox, commands) as bot:
        await bot.get_guild(guild.id).leave()
        with pytest.raises(NotOffered):
            await ada.slash(channel, "queue")
        answer = await asyncio.wait_for(ada.slash(channel, "paint", frames=1), 30)
        await sandbox.until(lambda: answer.followups)
