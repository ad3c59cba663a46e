"""The state of the local Discord, and how it tells the bot what happens."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from sandbox.faults.faults import Faults
from sandbox.records.cdn import Cdn
from sandbox.records.clock import PATIENCE_S, Clock, Snowflakes
from sandbox.records.errors import missing_access, unknown
from sandbox.records.intents import APPLICATION_FLAGS, Intents
from sandbox.records.interactions import Interaction
from sandbox.records.model import Channel, ChannelType, GuildRecord, Json, Membership, Message, User, Webhook
from sandbox.records.traffic import GatewayEvent, HttpRequest
from sandbox.verbs import permissions

log = logging.getLogger("sandbox")

ACKNOWLEDGE_WITHIN_S = 3.0  # how soon a bot must answer an interaction


class EventSink(Protocol):
    def dispatch(self, name: str, build: Callable[[bool], Json], *, guild_id: int | None, always: bool) -> None: ...


class World:
    """Hold everything in the local Discord, for one bot. The verbs emit the gateway events that Discord would."""

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
        self.guilds: dict[int, GuildRecord] = {}
        self.channels: dict[int, Channel] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.interactions: dict[str, Interaction] = {}  # by token
        self.commands: dict[int | None, list[Json]] = {None: []}  # by guild, None for global ones
        self.nonces: dict[tuple[int, int, str | int | None], tuple[Message, float]] = {}
        self.traffic_kept: int | None = None  # how many requests and events to remember; all, if None
        self.requests: list[HttpRequest] = []
        self.events: list[GatewayEvent] = []
        self.gateway: EventSink | None = None
        self.typing: dict[tuple[int, int], float] = {}  # when, by channel and user
        self.changes = 0  # counts all changes, so that a watcher misses none
        self._change = asyncio.Event()

    # Time and change

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def changed(self) -> None:
        """Wake every waiting task."""
        self.changes += 1
        self._change.set()
        self._change = asyncio.Event()

    async def next_change(self, seen: int) -> int:
        """Wait until `changes` differs from ``seen``, and return it."""
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
        """Return whether the application may read every message over REST."""
        return bool(self.privileged & Intents.MESSAGE_CONTENT)

    @property
    def application_flags(self) -> int:
        return sum(flag for intent, flag in APPLICATION_FLAGS.items() if intent & self.privileged)

    # Looking things up, as the bot may

    def bot_member(self, channel: Channel) -> Membership | None:
        """Return the bot's membership in the channel's server, or None in a DM."""
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
        """Return whether the bot is in the server or direct conversation. Elsewhere it can only answer."""
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
        guild: GuildRecord | None = None,
        about: User | None = None,
        anywhere: bool = False,
    ) -> None:
        """Send an event to the bot if it may see it. ``build`` gets whether the reader has message content.

        An event ``about`` the bot itself needs no intent. An event from ``anywhere`` needs no membership.
        """
        place = guild or (channel.guild if channel else None)
        here = anywhere or place is None or self.bot_user.id in place.members
        if self.gateway is not None and here and (channel is None or self.bot_sees(channel)):
            always = about is self.bot_user
            self.gateway.dispatch(name, build, guild_id=place.id if place else None, always=always)
        self.changed()

    # Direct channels

    def direct_channel(self, user: User) -> Channel:
        """Return the DM between the bot and this user; the first call opens it."""
        for channel in self.channels.values():
            if channel.type is ChannelType.DM and {user, self.bot_user} == set(channel.recipients):
                return channel
        return self.conversation(user, self.bot_user)

    def conversation(self, *people: User) -> Channel:
        """Open a direct conversation between these people."""
        channel = Channel(id=self.ids.next(), type=ChannelType.DM, recipients=list(people))
        self.channels[channel.id] = channel
        return channel
