"""1️⃣ to 5️⃣ under a finished picture rate it; /stats has the means."""

import logging

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.domain.job import Job
from bot.domain.rating import meant_by
from bot.gateway.replies import answer
from bot.texts import lookups

log = logging.getLogger(__name__)


class RatingsCog(commands.Cog):
    """Raw events, so that a picture need not be in any cache. Everyone's ratings count, and none is answered."""

    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        value = meant_by(payload.emoji.name)
        if value is None or (payload.member is not None and payload.member.bot):
            return
        if (job := await self._rated(payload)) is not None:
            await self.bot.ratings.rate(job.id, payload.user_id, value)

    @commands.Cog.listener()
    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        value = meant_by(payload.emoji.name)
        if value is not None and (job := await self._rated(payload)) is not None:
            await self.bot.ratings.take_back(job.id, payload.user_id, value)

    async def _rated(self, payload: discord.RawReactionActionEvent) -> Job | None:
        """Return the job whose finished picture was meant.

        None for any other message, and for the bot's own reactions.
        """
        if self.bot.user is None or payload.user_id == self.bot.user.id:
            return None
        job = await self.bot.queue.by_message(payload.message_id)
        return job if job is not None and job.final_message_id == payload.message_id else None

    @app_commands.command(description="Mean ratings of the pictures painted here, by models and settings")
    async def stats(self, interaction: discord.Interaction[FaradayBot]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        scores = await self.bot.ratings.scores(interaction.guild_id, interaction.user.id)
        where = "your pictures in direct messages" if interaction.guild_id is None else "this server"
        await answer(interaction, lookups.stats(scores, where))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(RatingsCog(bot))
