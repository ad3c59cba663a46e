"""Reactions to a finished picture ask for what its buttons do, and ✉️ for the picture itself."""

import asyncio
import time
from datetime import UTC, datetime

import discord
from discord.ext import commands

from bot.app import FaradayBot
from bot.components import permissions
from bot.components.picture_buttons import meant_by
from bot.domain.job import Job, Sequel
from bot.domain.place import Asker
from bot.domain.setting import EVERYONE, Scope
from bot.gateway.replies import under
from bot.requests.picture_actions import KINDS

_SETTLE_SECONDS = 1.0  # between a picture's appearance and the database's knowing of it
_NO_JOB = 0  # of a wish that needs none and is fulfilled
_Wish = tuple[int, int, Sequel]  # member, message, what for


class ReactionsCog(commands.Cog):
    """Raw events, so that a picture need not be in any cache.

    The requester's reactions count, and everyone's where the server has set so; others mean something else by them.
    """

    repeat_seconds = 5.0  # a wish repeated sooner was a slip of the finger

    def __init__(self, bot: FaradayBot) -> None:
        self.bot = bot
        self._born = datetime.now(UTC)
        self._granted: dict[_Wish, tuple[float, int | None]] = {}  # when, and the job once it is submitted

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        sequel = meant_by(payload.emoji.name) if payload.emoji.is_unicode_emoji() else None
        if sequel is None or self._by_a_bot(payload):
            return
        wish = payload.user_id, payload.message_id, sequel
        try:
            parent = await self._picture(payload)
            await self._forget()
            if parent is None or not await self._counts(payload, parent):
                return
            await self._remember(wish, parent)
            if wish in self._granted:
                return
            self._granted[wish] = time.monotonic(), None  # before anything else is awaited
            try:
                job = await self.bot.followups.reacted(sequel, parent, await self._asked(payload))
                self._granted[wish] = time.monotonic(), job.id if job else _NO_JOB
            except BaseException:
                del self._granted[wish]
                raise
        except Exception as error:
            await under(self.bot, payload, error)

    def _by_a_bot(self, payload: discord.RawReactionActionEvent) -> bool:
        itself = self.bot.user is not None and payload.user_id == self.bot.user.id
        return itself or (payload.member is not None and payload.member.bot)

    async def _picture(self, payload: discord.RawReactionActionEvent) -> Job | None:
        """Return the job whose finished picture was meant; None for any other message."""
        job = await self.bot.queue.by_message(payload.message_id)
        if job is None and self.bot.user is not None and payload.message_author_id == self.bot.user.id:
            await asyncio.sleep(_SETTLE_SECONDS)
            job = await self.bot.queue.by_message(payload.message_id)
        return job if job is not None and job.final_message_id == payload.message_id else None

    async def _forget(self) -> None:
        """Drop wishes that are fulfilled and were not uttered just now: the next one like them is new."""
        for wish, (when, job_id) in list(self._granted.items()):
            if job_id is None or time.monotonic() - when < self.repeat_seconds:
                continue
            job = await self.bot.queue.get(job_id)
            if job is None or job.state.ended:
                self._granted.pop(wish, None)

    async def _remember(self, wish: _Wish, parent: Job) -> None:
        """Remember what was wished before a restart and is still at work."""
        if wish in self._granted:
            return
        user_id, _, sequel = wish
        for job in await self.bot.archive.unfinished(user_id):
            if job.parent_id == parent.id and job.kind is KINDS.get(sequel) and job.created_at < self._born:
                self._granted.setdefault(wish, (time.monotonic(), job.id))

    async def _counts(self, payload: discord.RawReactionActionEvent, parent: Job) -> bool:
        if payload.user_id == parent.requester_id or payload.guild_id is None:
            return payload.user_id == parent.requester_id
        return (await self.bot.settings.get(Scope.GUILD, payload.guild_id)).reactions == EVERYONE

    async def _asked(self, payload: discord.RawReactionActionEvent) -> Asker:
        place = await permissions.of_channel(self.bot, payload.channel_id)
        return Asker(place=place, user_id=payload.user_id, roles=permissions.roles_of(payload.member))


async def setup(bot: FaradayBot) -> None:
    await bot.add_cog(ReactionsCog(bot))
