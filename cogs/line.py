"""/queue and /cancel: what is painted, what waits, and when one's own turn comes."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import options
from bot.components.card_buttons import check_control, note
from bot.domain.job import Job, State
from bot.errors import UnknownJob
from bot.gateway.replies import answer
from bot.texts import lookups


class WaitingLineCog(commands.Cog):
    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot

    @app_commands.command(name="queue", description="What is being painted and what waits; your own with their turn")
    async def show(self, interaction: discord.Interaction[FaradayBot]) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        bot = self.bot
        counts = await bot.queue.counts()
        mine = await bot.archive.unfinished(interaction.user.id)
        places = {job_id: place for place, (job_id, _) in enumerate(await bot.queue.line(), start=1)}
        dispatcher = bot.dispatcher
        known = {
            job.id: dispatcher.seconds_left(job.id) if job.state is State.RUNNING else dispatcher.starts_in(job.id)
            for job in mine
        }
        seconds = {job_id: when for job_id, when in known.items() if when is not None}
        text = lookups.queue(counts[State.RUNNING], counts[State.QUEUED], mine, places, seconds)
        await answer(interaction, text)

    @app_commands.command(description="Take a picture out of the line, or stop painting it")
    @app_commands.describe(job="Which one, by its number; left out, the one you asked for last")
    @app_commands.autocomplete(job=options.suggest_open_job)
    async def cancel(self, interaction: discord.Interaction[FaradayBot], job: str | None = None) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        gone = [one for one in await self._meant(interaction, job) if await self.bot.dispatcher.cancel_job(one.id)]
        for one in gone:
            await note(interaction, one, "cancel picture")
        await answer(interaction, lookups.cancelled(gone))

    async def _meant(self, interaction: discord.Interaction[FaradayBot], text: str | None) -> list[Job]:
        if text is None or text.strip().lower() == options.ALL:
            mine = await self.bot.archive.unfinished(interaction.user.id)
            return mine[-1:] if text is None else mine
        job = await self.bot.queue.get(options.job_number(text))
        here = job is not None and job.guild_id == interaction.guild_id
        if job is None or not (here or job.requester_id == interaction.user.id):
            raise UnknownJob()
        check_control(interaction, job)
        return [job]


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(WaitingLineCog(bot))
