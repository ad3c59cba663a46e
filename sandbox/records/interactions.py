"""Interactions: what a member's command, click or modal tells the bot, and what the bot makes of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import IntEnum

from sandbox.records.model import Channel, Json, Message, MessageOrigin, User


class InteractionType(IntEnum):
    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, eq=False, kw_only=True)
class Interaction:
    """One interaction and how far the bot has answered it."""

    id: int
    token: str
    type: InteractionType
    user: User
    channel: Channel
    created: float
    name: str = ""  # of the command
    command_type: int = 1
    message: Message | None = None  # with the component that was used
    target_message_id: int | None = None
    trigger: Interaction | None = None  # what opened the modal
    callback: Callback | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    submitted: bool = False  # its modal was filled in
    user_install: bool = False  # the bot is no member where this happened, so it can only answer

    @property
    def origin(self) -> MessageOrigin:
        return MessageOrigin(
            id=self.id,
            type=int(self.type),
            user=self.user,
            token=self.token,
            name=self.name,
            guild_id=self.channel.guild.id if self.channel.guild else None,
            target_message_id=self.target_message_id,
            original_id=self.original.id if self.original else None,
            component_message_id=self.message.id if self.message else None,
            trigger=self.trigger.origin if self.trigger else None,
            user_install=self.user_install,
        )


def new_token() -> str:
    return secrets.token_urlsafe(48)
