"""The subcommands ``blocklist add|remove|show|test``, which moderators have for their server and owners for all."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias

import discord
from discord import app_commands

from bot.components.host import Host
from bot.domain.moderation import RuleKind
from bot.gateway.replies import answer

Interaction: TypeAlias = "discord.Interaction[Host]"
Scope = Callable[[discord.Interaction[Any]], Awaitable[int]]


class BlocklistGroup(app_commands.Group):
    """``scope`` tells which server's list it is, and raises for those who may not touch it."""

    def __init__(self, scope: Scope, parent: app_commands.Group | None = None) -> None:
        super().__init__(name="blocklist", description="Words that prompts must not have", parent=parent)
        self._scope = scope

    @app_commands.command(description="Block a word or phrase, also when disguised; or a regular expression")
    @app_commands.describe(text="The word, phrase or expression", kind="How to read it; a word if left out")
    async def add(
        self, interaction: discord.Interaction[Host], text: str, kind: Literal["word", "regex"] = "word"
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        scope, desk = await self._scope(interaction), interaction.client.desk
        await answer(interaction, await desk.block_text(scope, RuleKind(kind), text, by=interaction.user.id))

    @app_commands.command(description="Take an entry off the blocklist")
    @app_commands.describe(text="The entry as the list shows it")
    async def remove(self, interaction: discord.Interaction[Host], text: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        scope, desk = await self._scope(interaction), interaction.client.desk
        await answer(interaction, await desk.unblock_text(scope, text, by=interaction.user.id))

    @app_commands.command(description="Show the blocklist")
    async def show(self, interaction: discord.Interaction[Host]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await answer(interaction, await interaction.client.desk.blocked_texts(await self._scope(interaction)))

    @app_commands.command(description="Try whether a prompt would be refused, and by what")
    @app_commands.describe(text="The prompt to try")
    async def test(self, interaction: discord.Interaction[Host], text: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await answer(interaction, await interaction.client.desk.try_text(await self._scope(interaction), text))

    @remove.autocomplete("text")
    async def suggest(self, interaction: discord.Interaction[Host], typed: str) -> list[app_commands.Choice[str]]:
        entries = await interaction.client.desk.suggest(await self._scope(interaction), typed)
        return [app_commands.Choice(name=entry, value=entry) for entry in entries[:25]]
