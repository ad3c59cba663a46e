"""The bot's way in: login, gateway, commands."""

from __future__ import annotations

from typing import Any

import discord

from sandbox import File, Sandbox

Tree = discord.app_commands.CommandTree[Any]


async def test_an_unmodified_client_connects_and_sees_the_guild(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild("Studio")
    channel = guild.create_text_channel("paintings")
    async with connect(sandbox) as bot:
        assert bot.user.name == "Faraday"
        seen = bot.get_channel(channel.id)
        assert seen.name == "paintings" and seen.guild.name == "Studio"
        assert seen.permissions_for(seen.guild.me).send_messages


async def test_a_slash_command_is_acknowledged_and_answered_later(sandbox: Sandbox, connect: Any) -> None:
    guild = sandbox.create_guild("Studio")
    channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")

    def setup(bot: discord.Client, tree: Tree) -> None:
        @tree.command(description="Paint")
        async def imagine(
            interaction: discord.Interaction, prompt: str, image: discord.Attachment | None = None
        ) -> None:
            await interaction.response.defer(ephemeral=True)
            content = await image.read() if image else b""
            await interaction.followup.send(f"{prompt}: {len(content)} bytes")
            assert isinstance(interaction.channel, discord.TextChannel)
            await interaction.channel.send("painted", file=discord.File("pyproject.toml"))

    async with connect(sandbox, setup):
        answer = await ada.slash(channel, "imagine", prompt="a red car", image=File("car.png", b"12345"))
        assert answer.deferred
        assert await answer.text() == "a red car: 5 bytes"
        assert answer.ephemeral_text == "a red car: 5 bytes"
        await sandbox.until(lambda: channel.messages)
        assert channel.messages[0].attachments[0].filename == "pyproject.toml"
