"""Decide how to show a picture: openly, as a spoiler, or not at all."""

import logging
import time
from collections.abc import Callable

import discord

from bot.config import ModerationSection
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.domain.setting import Scope
from bot.members.settings import SettingsStore

log = logging.getLogger(__name__)

_REMEMBERED_SECONDS = 600.0  # a bot that was kicked must not ask for the channel at every frame


class Screen:
    """Decides anew for every picture, because a channel's settings may change."""

    def __init__(self, client: discord.Client, settings: SettingsStore, rules: Callable[[], ModerationSection]) -> None:
        self._client = client
        self._settings = settings
        self._rules = rules
        self._closed: dict[int, float] = {}  # until when a channel that was refused is not asked for again

    @property
    def threshold(self) -> float:
        return self._rules().unsafe_threshold

    async def cover(self, job: Job, unsafe: float | None, known: object = None) -> Cover:
        """Decide for a picture with that unsafe score, if it has one, in the job's channel.

        ``known`` is the channel from an interaction, for servers that the bot is not in.
        """
        cover = await self.cover_in(job.channel_id, job.guild_id, unsafe, known)
        if cover is Cover.NONE and job.spoiler:
            return Cover.SPOILER
        if cover is Cover.WITHHELD:
            log.info("job %d: a picture with the unsafe score %.2f is withheld", job.id, unsafe)
        return cover

    async def cover_in(
        self, channel_id: int, guild_id: int | None, unsafe: float | None, known: object = None
    ) -> Cover:
        """Do as :meth:`cover`, for any channel."""
        channel = known or await self._channel(channel_id)
        if self.withholds(unsafe, channel):
            return Cover.WITHHELD
        return Cover.SPOILER if await self._spoilers(channel_id, guild_id, channel) else Cover.NONE

    def withholds(self, unsafe: float | None, channel: object) -> bool:
        """Return whether a picture with that score must not be shown there."""
        if unsafe is None or unsafe <= self.threshold:
            return False
        return not (isinstance(channel, discord.abc.GuildChannel | discord.Thread) and _age_restricted(channel))

    async def _channel(self, channel_id: int) -> object:
        """Return the channel, or None, which counts as not age-restricted."""
        if (known := self._client.get_channel(channel_id)) is not None:
            return known
        if time.monotonic() < self._closed.get(channel_id, 0.0):
            return None
        try:
            return await self._client.fetch_channel(channel_id)
        except (discord.HTTPException, discord.InvalidData):
            self._closed[channel_id] = time.monotonic() + _REMEMBERED_SECONDS
            return None

    async def _spoilers(self, channel_id: int, guild_id: int | None, channel: object) -> bool:
        if guild_id is None:
            return False
        channel_id = channel.parent_id if isinstance(channel, discord.Thread) else channel_id
        scopes = [(Scope.CHANNEL, channel_id), (Scope.GUILD, guild_id)]
        found = await self._settings.read(scopes)
        set_ = [found[key].spoiler for key in scopes if key in found and found[key].spoiler is not None]
        return bool(set_ and set_[0])


def _age_restricted(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Return whether the channel, or the thread's channel, is age-restricted."""
    asked = getattr(channel, "is_nsfw", None)
    return bool(asked and asked())
