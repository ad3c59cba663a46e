"""Where a member asks for something, and who asks."""

from collections.abc import Collection
from dataclasses import dataclass
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
    permissions: discord.Permissions  # the bot's own; without meaning in a direct conversation
    answering: discord.Interaction[Any] | None = None  # set if the bot is no member and can only answer

    @property
    def settings_channel_id(self) -> int:
        """Return the channel whose settings apply: for a thread, its parent channel."""
        return self.within[0] if self.in_thread and self.within else self.channel_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Say who asks and where."""

    user_id: int
    guild_id: int | None
    channels: tuple[int, ...]  # the thread, its channel and the category, innermost first
    roles: Collection[int] = ()
