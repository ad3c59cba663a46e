"""/settings: one's own, and for those who may manage the server the channel's, the server's and its roles'."""

from typing import Any, Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options, permissions
from bot.domain.setting import ALLOWED, PREFERENCES, QUOTAS, Scope
from bot.errors import refusing
from bot.gateway.replies import answer
from bot.jobs import quotas
from bot.texts import lookups
from bot.words.values import parse_size
from engine.messages.resolution import bundle_named

Most: TypeAlias = app_commands.Range[int, 0, 1_000_000]
Weight: TypeAlias = app_commands.Range[float, 0.1, 10.0]
Interaction: TypeAlias = discord.Interaction[FaradayBot]

_PREFERENCES = {name: text for name, text in options.DESCRIPTIONS.items() if name in PREFERENCES}
_RESET = "Forget everything that is set here first"
_REACTIONS = "Whose reactions to a picture count: its requester's alone, or everyone's"
_SPOILER = "Whether pictures and frames are covered until they are clicked"
_QUOTAS = {
    "max_running": "Pictures of one member painted at once; 0 is any number",
    "max_queued": "Pictures of one member waiting; 0 is any number",
    "max_per_day": "Pictures of one member in 24 hours; 0 is any number",
    "max_pixels": "Width times height of a picture; 0 is as many as the models paint",
    "max_iterations": "Iterations of a picture; 0 is as many as the models allow",
}
_suggested = app_commands.autocomplete(
    style=options.suggest_style, size=options.suggest_size, bundle=options.suggest_bundle
)


class SettingsCog(commands.GroupCog, name="settings", description="What commands use where you leave something open"):
    def __init__(self, bot: FaradayBot) -> None:
        super().__init__()
        self.bot = bot

    @app_commands.command(description="What holds for you here, and the limits")
    async def show(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        place, guild_id = permissions.of_interaction(interaction), interaction.guild_id
        channel_id = place.settings_channel_id
        held = await self.bot.settings.preferences(interaction.user.id, channel_id, guild_id)
        values = await self.bot.settings.quotas(guild_id, permissions.roles_of(interaction.user))
        quota, limits = quotas.bounded(values, self.bot.config), quotas.limits(values, self.bot.config)
        numbers = {name: int(getattr(quota, name, 0) or getattr(limits, name, 0)) for name in QUOTAS}
        await answer(interaction, lookups.effective(held, numbers))

    @app_commands.command(description="What your own commands use where you leave something open")
    @app_commands.describe(reset=_RESET, **_PREFERENCES)
    @_suggested
    async def mine(
        self,
        interaction: Interaction,
        style: str | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        strength: options.Strength | None = None,
        bundle: str | None = None,
        reset: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        given = await self._preferences(interaction, style, size, iterations, strength, bundle)
        await self._change(interaction, Scope.USER, interaction.user.id, "you", given, reset)

    @app_commands.command(description="What commands in this channel use, after the members' own settings")
    @app_commands.describe(spoiler=_SPOILER, reset=_RESET, **_PREFERENCES)
    @_suggested
    async def channel(
        self,
        interaction: Interaction,
        style: str | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        strength: options.Strength | None = None,
        bundle: str | None = None,
        spoiler: bool | None = None,
        reset: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        permissions.may_set(interaction)
        place = permissions.of_interaction(interaction)
        given = await self._preferences(interaction, style, size, iterations, strength, bundle)
        given["spoiler"] = spoiler
        channel_id = place.settings_channel_id
        await self._change(interaction, Scope.CHANNEL, channel_id, "this channel", given, reset)

    @app_commands.command(description="What commands on this server use in the end, and how much a member may ask for")
    @app_commands.describe(
        spoiler=_SPOILER,
        report_channel="The moderators' channel that members' reports go to",
        reactions=_REACTIONS,
        reset=_RESET,
        **_PREFERENCES,
        **_QUOTAS,
    )
    @_suggested
    async def server(
        self,
        interaction: Interaction,
        style: str | None = None,
        size: str | None = None,
        iterations: options.Iterations | None = None,
        strength: options.Strength | None = None,
        bundle: str | None = None,
        max_running: Most | None = None,
        max_queued: Most | None = None,
        max_per_day: Most | None = None,
        max_pixels: Most | None = None,
        max_iterations: Most | None = None,
        spoiler: bool | None = None,
        report_channel: discord.TextChannel | None = None,
        reactions: Literal["requester", "everyone"] | None = None,
        reset: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        permissions.may_set(interaction)
        given = await self._preferences(interaction, style, size, iterations, strength, bundle)
        given["spoiler"] = spoiler
        if report_channel is not None:
            permissions.check_channel(report_channel)
            given["report_channel"] = report_channel.id
        numbers = (max_running, max_queued, max_per_day, max_pixels, max_iterations)
        given |= {**dict(zip(QUOTAS, numbers, strict=True)), "reactions": reactions}
        await self._change(interaction, Scope.GUILD, interaction.guild_id or 0, "this server", given, reset)

    @app_commands.command(description="How much members with a role may ask for, and their share of the engines")
    @app_commands.describe(
        role="Whose members; of several roles the most generous counts",
        weight="Their share of the engines: 2 is twice everyone's",
        reset=_RESET,
        **_QUOTAS,
    )
    async def role(
        self,
        interaction: Interaction,
        role: discord.Role,
        weight: Weight | None = None,
        max_running: Most | None = None,
        max_queued: Most | None = None,
        max_per_day: Most | None = None,
        max_pixels: Most | None = None,
        max_iterations: Most | None = None,
        reset: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        permissions.may_set(interaction)
        numbers = (max_running, max_queued, max_per_day, max_pixels, max_iterations)
        given = {"weight": weight, **dict(zip(QUOTAS, numbers, strict=True))}
        await self._change(interaction, Scope.ROLE, role.id, role.mention, given, reset)

    async def _preferences(
        self,
        interaction: Interaction,
        style: str | None,
        size: str | None,
        iterations: int | None,
        strength: float | None,
        bundle: str | None,
    ) -> dict[str, Any]:
        """Raises :class:`bot.errors.UserError` for what could never hold."""
        if style is not None:
            style = (await self.bot.styles.find(style, interaction.user.id, interaction.guild_id)).name
        bundles = self.bot.dispatcher.bundles
        if bundle is not None:
            with refusing():
                bundle_named(bundle, bundles)
        written = "x".join(map(str, parse_size(size))) if size else None
        return {"style": style, "size": written, "iterations": iterations, "strength": strength, "bundle": bundle}

    async def _change(
        self, interaction: Interaction, scope: Scope, scope_id: int, what: str, given: dict[str, Any], reset: bool
    ) -> None:
        """Change the settings that are given. The others stay as they are, or are forgotten with ``reset``."""
        changes = {name: value for name, value in given.items() if value is not None}
        if reset:
            changes = {**dict.fromkeys(ALLOWED[scope]), **changes}
        values = await self.bot.settings.change(scope, scope_id, changes)
        if scope is not Scope.USER and interaction.guild_id is not None:
            subject = lookups.changed(scope_id, changes)
            await self.bot.rules.note(interaction.guild_id, interaction.user.id, f"set {scope}", subject)
        await answer(interaction, lookups.values(what, values))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(SettingsCog(bot))
