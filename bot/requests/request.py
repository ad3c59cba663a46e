"""What a member asks for, whichever door it comes by."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.components.permissions import Place
from bot.domain.job import Kind
from bot.moderation.gate import Asker
from bot.requests.pictures import Picture
from bot.words.prompts import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``picture`` is what to start from: a must for an edit, and one of the bot's own for every other kind but an
    /imagine; those take from the job that painted it whatever the wish leaves open. ``mask`` and ``image_prompts``
    are files as they were sent. ``source_message_id`` is the message to reply to.
    ``roles`` are the ids of the requester's in this server, which quotas may depend on.
    """

    kind: Kind
    place: Place
    requester_id: int
    wish: Wish = field(default_factory=lambda: Wish(prompt=""))
    picture: Picture | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()
    source_message_id: int | None = None
    notes: tuple[str, ...] = ()
    roles: tuple[int, ...] = ()

    @property
    def asker(self) -> Asker:
        """Who asks and where, for the rules of moderators."""
        channels = (self.place.channel_id, *self.place.within)
        return Asker(user_id=self.requester_id, guild_id=self.place.guild_id, channels=channels, roles=self.roles)
