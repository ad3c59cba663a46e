"""Records of users, guilds, channels and messages. They know no world; `sandbox.verbs` changes them.

A test that keeps a `Message` sees its later edits and reactions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from sandbox.records.clock import Clock, born_at
from sandbox.records.parts import Attachment, walk_components

Json = dict[str, Any]

UPLOAD_LIMIT = 10 * 1024 * 1024  # bytes a file, in a server without boosts
BOOSTED_UPLOAD_LIMITS = {2: 50 * 1024 * 1024, 3: 100 * 1024 * 1024}  # by premium tier

EPHEMERAL, LOADING, HAS_THREAD = 1 << 6, 1 << 7, 1 << 5
HAS_SNAPSHOT = 1 << 14
SUPPRESS_EMBEDS = 1 << 2
COMPONENTS_V2 = 1 << 15
SETTABLE_FLAGS = SUPPRESS_EMBEDS | EPHEMERAL | (1 << 12) | COMPONENTS_V2


class ChannelType(IntEnum):
    TEXT = 0
    DM = 1
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


class MessageType(IntEnum):
    DEFAULT = 0
    CHANNEL_PINNED_MESSAGE = 6
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21
    CONTEXT_MENU_COMMAND = 23


@dataclass(slots=True, eq=False, kw_only=True)
class User:
    id: int
    name: str
    bot: bool = False
    takes_dms: bool = True  # whether the bot may write to this user directly

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False, kw_only=True)
class Role:
    id: int
    name: str
    permissions: int
    position: int = 0
    managed_by: int | None = None  # the bot whose own role this is
    colour: int = 0
    hoist: bool = False
    mentionable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwrite:
    """The permissions that a channel allows and denies to one role (kind 0) or member (kind 1)."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Webhook:
    """An incoming webhook: anyone who has its token can post in its channel under any name."""

    id: int
    channel: Channel
    name: str
    token: str
    creator: User


@dataclass(slots=True, eq=False, kw_only=True)
class Reaction:
    """One emoji under a message and its users, in the order they pressed it. Only custom emoji have an ``id``."""

    name: str
    id: int | None = None
    users: list[User] = field(default_factory=list)

    @property
    def emoji(self) -> str:
        return self.name if self.id is None else f"{self.name}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOrigin:
    """The interaction that a message of the bot answers."""

    id: int
    type: int  # of the interaction: 2 command, 3 component, 5 modal
    user: User
    token: str
    name: str  # of the command; empty for components and modals
    guild_id: int | None
    target_message_id: int | None = None
    original_id: int | None = None  # of the original response, on follow-ups
    component_message_id: int | None = None
    trigger: MessageOrigin | None = None  # what opened the modal
    user_install: bool = False  # whether the bot is no member there


@dataclass(slots=True, eq=False, kw_only=True)
class Message:
    id: int
    channel: Channel
    author: User
    content: str = ""
    type: MessageType = MessageType.DEFAULT
    flags: int = 0
    files: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    reactions: list[Reaction] = field(default_factory=list)
    reference: tuple[int, int | None] | None = None  # channel and message that it points to
    referenced_message: Message | None = None
    snapshots: list[Message] = field(default_factory=list)  # of the message that it forwards, as that was
    nonce: str | int | None = None
    origin: MessageOrigin | None = None
    thread: Channel | None = None
    tts: bool = False
    webhook_id: int | None = None  # of the incoming webhook that posted it
    pinned_at: datetime | None = None
    edited_at: datetime | None = None
    late_edits: list[float] = field(default_factory=list)  # when it was edited after its first hour
    deleted: bool = False

    @property
    def created_at(self) -> datetime:
        return born_at(self.id)

    @property
    def attachments(self) -> list[Attachment]:
        """Return the files listed under the message; those shown inside an embed are not among them."""
        return [attachment for attachment in self.files if not attachment.embedded]

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Return whether it still shows “thinking…”."""
        return bool(self.flags & LOADING)

    @property
    def buttons(self) -> list[Json]:
        """Return every button on it, however deep it is nested."""
        return [part for part in walk_components(self.components) if part["type"] == 2]

    def reaction(self, emoji: str) -> Reaction | None:
        return next((reaction for reaction in self.reactions if reaction.emoji == emoji), None)


@dataclass(slots=True, eq=False, kw_only=True)
class Channel:
    """A text channel, a forum, a thread or a DM."""

    id: int
    type: ChannelType
    guild: GuildRecord | None = None
    name: str = ""
    parent: Channel | None = None
    overwrites: list[Overwrite] = field(default_factory=list)
    recipients: list[User] = field(default_factory=list)
    position: int = 0
    topic: str | None = None
    nsfw: bool = False
    threads: list[Channel] = field(default_factory=list, repr=False)
    messages_by_id: dict[int, Message] = field(default_factory=dict, repr=False)
    last_message_id: int | None = None
    available_tags: list[Json] = field(default_factory=list)  # forums only
    # Threads only
    applied_tags: list[int] = field(default_factory=list)
    owner_id: int = 0
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    auto_archive_duration: int = 1440
    archive_changed_at: datetime | None = None
    joined: dict[int, datetime] = field(default_factory=dict, repr=False)
    total_sent: int = 0
    rate_limit_per_user: int = 0

    @property
    def is_thread(self) -> bool:
        return self.type in (ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)

    @property
    def upload_limit(self) -> int:  # bytes a file
        return self.guild.upload_limit if self.guild else UPLOAD_LIMIT

    @property
    def messages(self) -> list[Message]:
        """Return the messages in it, oldest first, without ephemeral ones."""
        return [message for message in self.messages_by_id.values() if not message.ephemeral]

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    def archive(self, *, locked: bool = False) -> None:
        """Archive this thread, as a moderator or the passing of time would."""
        assert self.guild is not None
        self.guild.archive(self, locked=locked)

    def set_permissions(self, *, allow: int = 0, deny: int = 0, member: Membership | None = None) -> None:
        """Overwrite permissions here for one member, or for the bot if no member is given."""
        assert self.guild is not None
        self.guild.overwrite(self, allow=allow, deny=deny, member=member)


@dataclass(slots=True, eq=False, kw_only=True)
class Membership:
    """One user in one server. `sandbox.people.actors.Member` adds what members do."""

    user: User
    guild: GuildRecord
    joined_at: datetime
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None
    timed_out_until: datetime | None = None

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def mention(self) -> str:
        return self.user.mention

    @property
    def timed_out(self) -> bool:
        """Return whether a moderator has silenced this member for now."""
        return self.timed_out_until is not None and self.timed_out_until.timestamp() > self.guild.clock.now()


@dataclass(slots=True, eq=False, kw_only=True)
class GuildRecord(ABC):
    """A server. `sandbox.people.handles.Guild` joins it to its world and changes it."""

    id: int
    name: str
    owner_id: int
    clock: Clock = field(repr=False)
    premium_tier: int = 0  # of boosts: 2 and 3 raise the upload limit
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Membership] = field(default_factory=dict, repr=False)
    channels: dict[int, Channel] = field(default_factory=dict, repr=False)

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    @property
    def upload_limit(self) -> int:  # bytes a file
        return BOOSTED_UPLOAD_LIMITS.get(self.premium_tier, UPLOAD_LIMIT)

    @abstractmethod
    def archive(self, thread: Channel, *, locked: bool) -> None: ...

    @abstractmethod
    def overwrite(self, channel: Channel, *, allow: int, deny: int, member: Membership | None) -> None: ...
