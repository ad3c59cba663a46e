"""/admin: orders of those who run the bot, and their rules for every server."""

from typing import TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components.blocklist_group import BlocklistGroup
from bot.domain.moderation import EVERYWHERE
from bot.domain.status import MEANINGS, Order
from bot.errors import ConfigError, NotYours
from bot.gateway.replies import answer
from bot.operations.orders import obey
from bot.texts import answers

Interaction: TypeAlias = discord.Interaction[FaradayBot]


async def everywhere(interaction: Interaction) -> int:
    """Return the owners' scope.

    Raises :class:`NotYours` for anyone but the application's owners and the configured ones.
    """
    bot = interaction.client
    if interaction.user.id not in bot.config.operators.owner_ids and not await bot.is_owner(interaction.user):
        raise NotYours(answers.OWNERS_ONLY)
    return EVERYWHERE


@app_commands.default_permissions(administrator=True)
class AdminCog(commands.GroupCog, group_name="admin", group_description="For those who run this bot"):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        assert self.app_command is not None
        self.app_command.add_command(BlocklistGroup(everywhere))

    @app_commands.command(description=MEANINGS[Order.STATUS])
    async def status(self, interaction: Interaction) -> None:
        await self._obey(interaction, Order.STATUS)

    @app_commands.command(description=MEANINGS[Order.DRAIN])
    async def drain(self, interaction: Interaction) -> None:
        await self._obey(interaction, Order.DRAIN)

    @app_commands.command(description=MEANINGS[Order.RESUME])
    async def resume(self, interaction: Interaction) -> None:
        await self._obey(interaction, Order.RESUME)

    @app_commands.command(description=MEANINGS[Order.RELOAD])
    async def reload(self, interaction: Interaction) -> None:
        await self._obey(interaction, Order.RELOAD)

    @app_commands.command(description=MEANINGS[Order.SYNC])
    async def sync(self, interaction: Interaction) -> None:
        await self._obey(interaction, Order.SYNC)

    @app_commands.command(description=MEANINGS[Order.BLOCK])
    @app_commands.describe(user="Who may not use me any more")
    async def block(self, interaction: Interaction, user: discord.User) -> None:
        await self._obey(interaction, Order.BLOCK, user.id)

    @app_commands.command(description=MEANINGS[Order.UNBLOCK])
    @app_commands.describe(user="Who may use me again")
    async def unblock(self, interaction: Interaction, user: discord.User) -> None:
        await self._obey(interaction, Order.UNBLOCK, user.id)

    @app_commands.command(description="Show my rules for every server, and what was done last")
    async def rules(self, interaction: Interaction) -> None:
        scope = await self._begin(interaction)
        await answer(interaction, f"{await self.bot.desk.overview(scope)}\n{await self.bot.desk.trail(scope, 5)}")

    async def _begin(self, interaction: Interaction) -> int:
        await interaction.response.defer(ephemeral=True, thinking=True)
        return await everywhere(interaction)

    async def _obey(self, interaction: Interaction, order: Order, user_id: int = 0) -> None:
        await self._begin(interaction)
        try:
            text = await obey(self.bot, order, by=interaction.user.id, user_id=user_id)
        except ConfigError as error:
            text = str(error)
        await answer(interaction, text)


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(AdminCog(bot))
