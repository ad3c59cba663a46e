"""/mod: the rules of a server, for those who may manage its messages or the server."""

from typing import Any, Literal, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components.blocklist_group import BlocklistGroup
from bot.components.report_buttons import VerdictButton, take
from bot.domain.moderation import RuleKind
from bot.errors import NotYours
from bot.gateway.replies import answer
from bot.texts import answers

Interaction: TypeAlias = discord.Interaction[FaradayBot]
Ruling: TypeAlias = Literal["allow", "deny", "clear"]
Where: TypeAlias = discord.TextChannel | discord.ForumChannel | discord.VoiceChannel | discord.CategoryChannel

_CHANNEL = (RuleKind.CHANNEL_ALLOWED, RuleKind.CHANNEL_DENIED)
_ROLE = (RuleKind.ROLE_ALLOWED, RuleKind.ROLE_DENIED)


async def moderated(interaction: Interaction) -> int:
    """Return the server's id. Raises :class:`NotYours` for those who do not moderate it."""
    may = interaction.permissions
    if interaction.guild_id is None or not (may.manage_messages or may.manage_guild):
        raise NotYours(answers.MODERATORS_ONLY)
    return interaction.guild_id


@app_commands.default_permissions(manage_messages=True)
@app_commands.guild_only()
@app_commands.allowed_installs(guilds=True, users=False)
class ModerationCog(commands.GroupCog, group_name="mod", group_description="The rules of this server for me"):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        assert self.app_command is not None
        self.app_command.add_command(BlocklistGroup(moderated))

    @app_commands.command(description="Forbid a member to use me in this server")
    @app_commands.describe(member="Who may not use me any more")
    async def block(self, interaction: Interaction, member: discord.User) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self.bot.desk.block_user(scope, member.id, by=interaction.user.id))

    @app_commands.command(description="Let a blocked member use me again")
    @app_commands.describe(member="Who may use me again")
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self.bot.desk.unblock_user(scope, member.id, by=interaction.user.id))

    @app_commands.command(description="Say where I paint; once a channel is allowed, I paint only in such ones")
    @app_commands.describe(channel="The channel, or a category of channels", rule="What holds there")
    async def channel(self, interaction: Interaction, channel: Where, rule: Ruling) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self._rule(scope, _CHANNEL, channel.id, rule, interaction.user.id))

    @app_commands.command(description="Say who may use me; once a role is allowed, only members with such ones may")
    @app_commands.describe(role="The role", rule="What holds for its members")
    async def role(self, interaction: Interaction, role: discord.Role, rule: Ruling) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self._rule(scope, _ROLE, role.id, rule, interaction.user.id))

    @app_commands.command(description="Show the rules of this server")
    async def show(self, interaction: Interaction) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self.bot.desk.overview(scope))

    @app_commands.command(description="Show what moderators did last, and to what")
    async def audit(self, interaction: Interaction) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, await self.bot.desk.trail(scope))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        await take(interaction)

    async def _begin(self, interaction: Interaction) -> int:
        await interaction.response.defer(ephemeral=True, thinking=True)
        return await moderated(interaction)

    async def _rule(self, scope: int, kinds: tuple[RuleKind, RuleKind], value: int, rule: Ruling, by: int) -> str:
        kind = None if rule == "clear" else kinds[rule == "deny"]
        return await self.bot.desk.rule(scope, kind, kinds, value, by=by)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(ModerationCog(bot))
    bot.add_dynamic_items(VerdictButton)


async def teardown(bot: FaradayBot) -> None:
    bot.remove_dynamic_items(VerdictButton)
