"""❌ under a finished picture deletes it, for its requester and for those who manage messages."""

import discord
from discord.ext import commands

from bot.app import FaradayBot
from bot.gateway.replies import under

DELETE = "❌"


class RemovalByReactionCog(commands.Cog):
    """Raw events, so that a picture need not be in any cache. Others mean something else by it and get no answer."""

    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        if payload.emoji.name != DELETE:
            return
        try:
            job = await self.bot.queue.by_message(payload.message_id)
            if job is None or job.final_message_id != payload.message_id:
                return
            if payload.user_id == job.requester_id or self._moderates(payload):
                await self.bot.removal.remove(job, by=payload.user_id)
        except Exception as error:
            await under(self.bot, payload, error)

    def _moderates(self, payload: discord.RawReactionActionEvent) -> bool:
        channel, member = self.bot.get_channel(payload.channel_id), payload.member
        if member is None or member.bot or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return False
        return channel.permissions_for(member).manage_messages


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(RemovalByReactionCog(bot))
