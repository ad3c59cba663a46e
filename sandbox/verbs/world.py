"""The state of the local Discord, and its verbs for guilds, channels and members."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.faults.faults import Faults
from sandbox.people.actors import Member
from sandbox.records.clock import PATIENCE_S, Clock, Snowflakes, iso
from sandbox.records.errors import missing_access, unknown
from sandbox.records.intents import APPLICATION_FLAGS, Intents
from sandbox.records.model import Channel, ChannelType, File, Guild, Json, Message, Overwrite, Role, User, Webhook
from sandbox.run.cdn import Cdn
from sandbox.verbs import guilds, message_payloads, payloads, permissions

if TYPE_CHECKING:
    from sandbox.verbs.interactions import Interaction

log = logging.getLogger("sandbox")

ACKNOWLEDGE_WITHIN_S = 3.0  # how soon a bot must answer an interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of the bot, and what it got. ``path`` has no version prefix; ``route`` names its parameters."""

    method: str
    path: str
    route: str
    query: dict[str, str]
    body: Any
    files: tuple[File, ...]
    multipart: bool
    status: int
    answer: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """One payload that went over the gateway: sent to the bot, or received from it."""

    payload: Json
    sent: bool

    @property
    def name(self) -> str | None:
        name: str | None = self.payload.get("t")
        return name


class Gateway(Protocol):
    def dispatch(self, name: str, build: Callable[[bool], Json], *, guild_id: int | None, always: bool) -> None: ...


class World:
    """Everything there is. One bot; the verbs emit the gateway events that Discord would."""

    def __init__(self, *, privileged: Intents) -> None:
        self.clock = Clock()
        self.ids = Snowflakes(self.clock)
        self.cdn = Cdn(self.clock)
        self.faults = Faults()
        self.privileged = privileged
        self.acknowledge_within_s = ACKNOWLEDGE_WITHIN_S
        self.shards = 1  # recommended to the bot
        self.bot_user = User(id=self.ids.next(), name="Faraday", bot=True)
        self.owner = User(id=self.ids.next(), name="owner")
        self.token = f"sandbox.{secrets.token_urlsafe(24)}"
        self.users: dict[int, User] = {user.id: user for user in (self.bot_user, self.owner)}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.commands: dict[int | None, list[Json]] = {None: []}  # by guild, None for global ones
        self.nonces: dict[tuple[int, int, str | int | None], tuple[Message, float]] = {}
        self.traffic_kept: int | None = None  # how many requests and events to remember; all, if None
        self.requests: list[Request] = []
        self.events: list[GatewayEvent] = []
        self.gateway: Gateway | None = None
        self.typing: dict[tuple[int, int], float] = {}  # when, by channel and user
        self.changes = 0  # how many there were so far, so that a watcher misses none
        self._change = asyncio.Event()

    # Time and change

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def changed(self) -> None:
        """Wake everybody who waits for something to happen."""
        self.changes += 1
        self._change.set()
        self._change = asyncio.Event()

    async def next_change(self, seen: int) -> int:
        """Wait until `changes` is above ``seen``; returns it."""
        while self.changes == seen:
            await self._change.wait()
        return self.changes

    async def until(self, predicate: Callable[[], Any], timeout: float = PATIENCE_S) -> Any:  # noqa: ASYNC109
        """Wait for the predicate to become true, and return what it returned.

        It is tried after every change here, and every 50 ms for what changes elsewhere.

        Raises:
            TimeoutError: it did not within ``timeout`` seconds.
        """
        async with asyncio.timeout(timeout):
            while not (found := predicate()):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), 0.05)
        return found

    @property
    def reads_content(self) -> bool:
        """Whether the application may read every message over REST."""
        return bool(self.privileged & Intents.MESSAGE_CONTENT)

    @property
    def application_flags(self) -> int:
        return sum(flag for intent, flag in APPLICATION_FLAGS.items() if intent & self.privileged)

    # Looking things up, as the bot may

    def bot_member(self, channel: Channel) -> Member | None:
        """The bot's membership where the channel is; None in a DM."""
        if not self.bot_takes_part(channel):
            raise missing_access()
        return channel.guild.members[self.bot_user.id] if channel.guild else None

    def channel(self, channel_id: int) -> Channel:
        if channel_id not in self.channels:
            raise unknown("Channel")
        return self.channels[channel_id]

    def message(self, channel: Channel, message_id: int) -> Message:
        message = channel.messages_by_id.get(message_id)
        if message is None or message.ephemeral:
            raise unknown("Message")
        return message

    def bot_takes_part(self, channel: Channel) -> bool:
        """Whether it is a member of the server, or one of those who converse; elsewhere it can only answer."""
        guild = channel.guild
        return self.bot_user in channel.recipients if guild is None else self.bot_user.id in guild.members

    def bot_sees(self, channel: Channel) -> bool:
        if channel.guild is None or not self.bot_takes_part(channel):
            return self.bot_takes_part(channel)
        bits = permissions.in_channel(channel.guild.members[self.bot_user.id], channel)
        return bool(bits & permissions.Permissions.VIEW_CHANNEL)

    # Telling the bot

    def emit(
        self,
        name: str,
        build: Callable[[bool], Json],
        *,
        channel: Channel | None = None,
        guild: Guild | None = None,
        about: User | None = None,
        anywhere: bool = False,
    ) -> None:
        """Send an event to the bot if it may see it. ``build`` gets whether the reader has message content.

        What is ``about`` the bot itself needs no intent; what comes from ``anywhere`` needs no membership.
        """
        place = guild or (channel.guild if channel else None)
        here = anywhere or place is None or self.bot_user.id in place.members
        if self.gateway is not None and here and (channel is None or self.bot_sees(channel)):
            always = about is self.bot_user
            self.gateway.dispatch(name, build, guild_id=place.id if place else None, always=always)
        self.changed()

    def emit_message(self, name: str, message: Message) -> None:
        """Send MESSAGE_CREATE or MESSAGE_UPDATE; what is ephemeral never goes over the gateway."""
        if message.ephemeral:
            self.changed()
            return
        self.emit(name, lambda intent: message_payloads.located(message, self, intent=intent), channel=message.channel)

    # Guilds, roles, members

    def create_guild(self, name: str, *, bot_permissions: int | None = None, with_bot: bool = True) -> Guild:
        """A server owned by somebody else, with the bot in it under its own role or without it."""
        guild = Guild(id=self.ids.next(), name=name, owner_id=self.owner.id, world=self)
        guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=permissions.EVERYONE)
        self.guilds[guild.id] = guild
        self.commands.setdefault(guild.id, [])
        self._join(guild, self.owner, ())
        if with_bot:
            bits = permissions.EVERYONE if bot_permissions is None else bot_permissions
            own = Role(id=self.ids.next(), name=self.bot_user.name, permissions=bits, position=1)
            own.managed_by = self.bot_user.id
            guild.roles[own.id] = own
            self._join(guild, self.bot_user, (own,))
        everybody = bool(self.privileged & Intents.GUILD_MEMBERS)
        self.emit("GUILD_CREATE", lambda _: self.guild_create(guild, everybody=everybody), guild=guild)
        return guild

    def guild_create(self, guild: Guild, *, everybody: bool) -> Json:
        """GUILD_CREATE's payload; without the members intent, only the bot itself is among the members."""
        bot = guild.members[self.bot_user.id]
        members = list(guild.members.values()) if everybody else [bot]
        channels = [channel for channel in guild.channels.values() if not channel.is_thread]
        threads = [thread for channel in channels for thread in channel.threads if not thread.archived]
        return payloads.guild(guild) | {
            "joined_at": iso(bot.joined_at),
            "large": False,
            "member_count": len(guild.members),
            "members": [payloads.member(member) for member in members],
            "channels": [payloads.channel(channel) for channel in channels],
            "threads": [payloads.thread(thread, self.bot_user) for thread in threads if self.bot_sees(thread)],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def create_role(self, guild: Guild, name: str, *, permissions: int) -> Role:
        role = Role(id=self.ids.next(), name=name, permissions=permissions, position=len(guild.roles))
        guild.roles[role.id] = role
        shown = {"guild_id": str(guild.id), "role": payloads.role(role)}
        self.emit("GUILD_ROLE_CREATE", lambda _: shown, guild=guild)
        return role

    def add_member(self, guild: Guild, name: str, *, roles: tuple[Role, ...]) -> Member:
        user = next((user for user in self.users.values() if user.name == name and not user.bot), None)
        if user is None:
            user = User(id=self.ids.next(), name=name)
            self.users[user.id] = user
        if user.id in guild.members:
            return guild.members[user.id]
        member = self._join(guild, user, roles)
        self.emit(
            "GUILD_MEMBER_ADD",
            lambda _: payloads.member(member) | {"guild_id": str(guild.id)},
            guild=guild,
        )
        return member

    def _join(self, guild: Guild, user: User, roles: tuple[Role, ...]) -> Member:
        member = Member(user=user, guild=guild, world=self, joined_at=self.now(), roles=list(roles))
        guild.members[user.id] = member
        return member

    # Channels

    def create_text_channel(self, guild: Guild, name: str, *, allow: int, deny: int, nsfw: bool) -> Channel:
        settings = {"overwrites": self._for_bot(allow, deny), "nsfw": nsfw}
        return guilds.open_channel(self, guild, ChannelType.TEXT, name, settings)

    def create_forum(self, guild: Guild, name: str, *, allow: int, deny: int, tags: tuple[str, ...]) -> Channel:
        settings = {"overwrites": self._for_bot(allow, deny), "available_tags": guilds.tags(self, tags)}
        return guilds.open_channel(self, guild, ChannelType.FORUM, name, settings)

    def _for_bot(self, allow: int, deny: int) -> list[Overwrite]:
        if not (allow or deny):
            return []
        return [Overwrite(id=self.bot_user.id, kind=1, allow=int(allow), deny=int(deny))]

    def overwrite(self, channel: Channel, *, allow: int, deny: int, member: Member | None) -> None:
        target = member.id if member else self.bot_user.id
        guilds.set_overwrite(self, channel, target, Overwrite(id=target, kind=1, allow=int(allow), deny=int(deny)))

    def direct_channel(self, user: User) -> Channel:
        """The DM between the bot and this user, made when first asked for."""
        for channel in self.channels.values():
            if channel.type is ChannelType.DM and {user, self.bot_user} == set(channel.recipients):
                return channel
        return self.conversation(user, self.bot_user)

    def conversation(self, *people: User) -> Channel:
        """A new direct conversation between these."""
        channel = Channel(id=self.ids.next(), type=ChannelType.DM, world=self, recipients=list(people))
        self.channels[channel.id] = channel
        return channel

    def archive(self, thread: Channel, *, locked: bool) -> None:
        thread.archived, thread.locked, thread.archive_changed_at = True, locked, self.now()
        self.emit("THREAD_UPDATE", lambda _: payloads.thread(thread, self.bot_user), channel=thread)
