"""Say where a member asks for something, and who asks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import discord


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Describe the channel, thread or direct conversation of a request."""

    channel_id: int
    guild_id: int | None  # None in a direct conversation
    within: tuple[int, ...] = ()  # ids of the thread's channel and the category, innermost first
    in_thread: bool = False
    locked: bool = False
    in_voice: bool = False  # the chat of a voice or stage channel
    permissions: discord.Permissions  # the bot's own; without meaning in a direct conversation
    answering: discord.Interaction[Any] | None = None  # set if the bot is no member and can only answer

    @property
    def settings_channel_id(self) -> int:
        """Return the channel whose settings apply: for a thread, its parent channel."""
        return self.within[0] if self.in_thread and self.within else self.channel_id

    def inside(self, thread_id: int | None) -> "Place":
        """Return the thread in this place; the place itself if it is that thread, or if there is none."""
        if thread_id in (None, self.channel_id):
            return self
        return replace(self, channel_id=thread_id, in_thread=True, within=(self.channel_id, *self.within))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Say who asks for something, and where."""

    user_id: int
    place: Place
    roles: Collection[int] = ()  # in the place's server; quotas and rules may depend on them

    @property
    def guild_id(self) -> int | None:
        """Return the server, None in a direct conversation."""
        return self.place.guild_id

    @property
    def channels(self) -> tuple[int, ...]:
        """Return the channel or thread with what it is in, innermost first."""
        return (self.place.channel_id, *self.place.within)
