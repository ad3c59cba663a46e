"""Where a member asks for something, and who asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import discord


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel, a thread (``in_thread``) or a direct conversation (``guild_id`` is None).

    ``within`` are the ids of what it is in, innermost first: a thread's channel, a channel's category. ``permissions``
    are the bot's own there; in a direct conversation they mean nothing. ``answering`` is the interaction that asked,
    where the bot is no member and can say something only as an answer.
    """

    channel_id: int
    guild_id: int | None
    within: tuple[int, ...] = ()
    in_thread: bool = False
    locked: bool = False
    permissions: discord.Permissions
    answering: discord.Interaction[Any] | None = None

    @property
    def settings_channel_id(self) -> int:
        """Whose settings hold here: a thread's are its channel's."""
        return self.within[0] if self.in_thread and self.within else self.channel_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks and where; ``channels`` are the channel or thread with what it is in, innermost first."""

    user_id: int
    guild_id: int | None
    channels: tuple[int, ...]
    roles: Collection[int] = ()
