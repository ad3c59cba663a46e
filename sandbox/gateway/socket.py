"""The gateway: sessions with replay, zlib-stream transport, intents."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from sandbox.checks import gateway
from sandbox.gateway.sessions import ENDS_SESSION, RESUMABLE_S, Close, Connection, GatewaySession
from sandbox.records import intents
from sandbox.records.intents import Intents
from sandbox.records.model import Json
from sandbox.records.traffic import GATEWAY_HOST, GatewayEvent, Op
from sandbox.verbs import guilds, payloads
from sandbox.verbs.world import World

log = logging.getLogger("sandbox.gateway")

HEARTBEAT_INTERVAL_MS = 41_250
MAX_COMMAND_BYTES = 4096
ABNORMAL = 1006  # no close frame at all
ACK_DELAY_S = 0.02  # an answer at once beats the client's own clock, which then reports a lag of a whole interval


class GatewayServer:
    """All sessions of the bot. Implements `EventSink` and `Spoilable`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, GatewaySession] = {}
        self._connections: dict[Connection, asyncio.Transport | None] = {}
        self.connects = 0  # websockets accepted so far
        self.resumes = 0  # sessions resumed so far
        self.heartbeat_interval_ms = HEARTBEAT_INTERVAL_MS

    @property
    def connected(self) -> bool:
        """Return whether a bot is connected and has got READY."""
        return any(session.ready and session.connection for session in self._sessions.values())

    def dispatch(self, name: str, build: Callable[[bool], Json], *, guild_id: int | None, always: bool) -> None:
        fate = self._world.faults.fate_of(name)
        for session in self._sessions.values():
            if session.wants(name, guild_id, always=always):
                session.dispatch(name, build(bool(session.intents & Intents.MESSAGE_CONTENT)), fate)

    def drop(self, *, code: int | None = None, forget: bool = False) -> None:
        """Break every connection: abruptly (1006 or None), or with a close code; ``forget`` also ends the sessions."""
        if forget or code in ENDS_SESSION:
            self._sessions.clear()
        for connection, transport in list(self._connections.items()):
            if connection.session is not None:
                connection.session.connection, connection.session.lost_at = None, self._world.clock.now()
            if code not in (None, ABNORMAL):
                connection.close(code or 0)
            elif transport is not None:
                transport.abort()
        self._world.changed()

    def forget_lost(self) -> None:
        """End the sessions that nobody has resumed in time."""
        now = self._world.clock.now()
        late = [one.id for one in self._sessions.values() if not one.connection and now - one.lost_at > RESUMABLE_S]
        for id in late:
            del self._sessions[id]

    def ask_to_reconnect(self) -> None:
        """Send op 7, as Discord does before it restarts a gateway node."""
        for connection in self._connections:
            connection.send({"op": int(Op.RECONNECT), "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Send op 9. Unless ``resumable``, the sessions are over."""
        if not resumable:
            self._sessions.clear()
        for connection in self._connections:
            connection.send({"op": int(Op.INVALID_SESSION), "d": resumable, "s": None, "t": None})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=MAX_COMMAND_BYTES, autoping=True)
        await socket.prepare(request)
        self.connects += 1
        # zstd-stream is answered in plain text frames, which every client takes as well
        compress = request.query.get("compress") == "zlib-stream"
        connection = Connection(socket, compress=compress, record=self._record)
        transport = request.transport
        self._connections[connection] = transport if isinstance(transport, asyncio.Transport) else None
        pump = asyncio.create_task(connection.pump())
        if not self._world.faults.withholds(Op.HELLO):
            hello = {"heartbeat_interval": self.heartbeat_interval_ms}
            connection.send({"op": int(Op.HELLO), "d": hello, "s": None, "t": None})
        try:
            async for frame in socket:
                self._take(connection, frame.data if frame.type is WSMsgType.TEXT else None)
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            self._forget(connection, socket.close_code)
        return socket

    def _record(self, payload: Json) -> None:
        self._world.events.append(GatewayEvent(payload=payload, sent=True))

    def _forget(self, connection: Connection, code: int | None) -> None:
        """Forget a connection that has ended. When the bot closed it for good, so has the session."""
        self._connections.pop(connection, None)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection, session.lost_at = None, self._world.clock.now()
            if code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                self._sessions.pop(session.id, None)
        self._world.changed()

    async def shut_down(self) -> None:
        for connection in list(self._connections):
            connection.close(WSCloseCode.GOING_AWAY)
        await asyncio.sleep(0)

    def _take(self, connection: Connection, text: str | None) -> None:
        """Handle one frame. A frame that is no gateway command closes the connection."""
        try:
            payload = gateway.checked(json.loads(text or ""))
        except (ValueError, RecursionError, ValidationError):
            connection.close(Close.DECODE_ERROR)
            return
        self._world.events.append(GatewayEvent(payload=payload, sent=False))
        if connection.takes_another(asyncio.get_running_loop().time()):
            self._receive(connection, payload)
        else:
            connection.close(Close.RATE_LIMITED)
        self._world.changed()

    def _receive(self, connection: Connection, payload: Json) -> None:
        details: Any = payload.get("d")
        match payload["op"]:
            case Op.HEARTBEAT:
                if not self._world.faults.withholds(Op.HEARTBEAT_ACK):
                    ack = {"op": int(Op.HEARTBEAT_ACK), "s": None, "t": None}
                    asyncio.get_running_loop().call_later(ACK_DELAY_S, connection.send, ack)
            case Op.IDENTIFY:
                self._identify(connection, details)
            case Op.RESUME:
                self._resume(connection, details)
            case Op.REQUEST_MEMBERS if connection.session is not None:
                self._chunk_members(connection.session, details)
            case Op.PRESENCE if connection.session is not None:
                pass  # nobody here sees who is online
            case Op.VOICE_STATE:
                log.warning("voice is not part of the sandbox; ignored %s", payload)
            case _:
                connection.close(Close.UNKNOWN_OP if connection.session else Close.NOT_AUTHENTICATED)

    def _identify(self, connection: Connection, details: Json) -> None:
        wanted = details["intents"]
        number, count = details.get("shard") or (0, 1)
        if connection.session is not None:
            connection.close(Close.ALREADY_AUTHENTICATED)
        elif details["token"].removeprefix("Bot ") != self._world.token:
            connection.close(Close.AUTHENTICATION_FAILED)
        elif wanted >= intents.HIGHEST or wanted < 0:
            connection.close(Close.INVALID_INTENTS)
        elif wanted & intents.PRIVILEGED & ~self._world.privileged:
            connection.close(Close.DISALLOWED_INTENTS)
        elif not 0 <= number < count:
            connection.close(Close.INVALID_SHARD)
        else:
            session = GatewaySession(id=secrets.token_hex(16), intents=wanted, shard=(number, count))
            session.connection, connection.session = connection, session
            self._sessions[session.id] = session
            self._greet(session)

    def _greet(self, session: GatewaySession) -> None:
        world = self._world
        number, count = session.shard
        joined = [guild for guild in world.guilds.values() if world.bot_user.id in guild.members]
        mine = [guild for guild in joined if (guild.id >> 22) % count == number]
        ready: dict[str, Any] = {
            "v": 10,
            "user": payloads.own_user(world.bot_user),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in mine],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"wss://{GATEWAY_HOST}",
            "shard": list(session.shard),
            "application": {
                "id": str(world.bot_user.id),
                "flags": world.application_flags,
                "flags_new": str(world.application_flags),
            },
            "private_channels": [],
            "relationships": [],
        }
        session.dispatch("READY", ready)
        session.ready = True
        everybody = bool(session.intents & Intents.GUILD_MEMBERS)
        for guild in mine:
            if session.wants("GUILD_CREATE", guild.id):
                shown = guilds.greeting(world, guild, everybody=everybody) | {"unavailable": False}
                session.dispatch("GUILD_CREATE", shown)

    def _resume(self, connection: Connection, details: Json) -> None:
        session, seq = self._sessions.get(details["session_id"]), details["seq"]
        if connection.session is not None:
            connection.close(Close.ALREADY_AUTHENTICATED)
        elif details["token"].removeprefix("Bot ") != self._world.token:
            connection.close(Close.AUTHENTICATION_FAILED)
        elif session is None or not 0 <= seq <= session.seq:
            connection.send({"op": int(Op.INVALID_SESSION), "d": False, "s": None, "t": None})
        else:
            session.resume(connection, seq)
            self.resumes += 1
            if not self._world.faults.withholds(Op.RESUME):
                session.dispatch("RESUMED", {})

    def _chunk_members(self, session: GatewaySession, details: Json) -> None:
        guild = self._world.guilds.get(int(details["guild_id"]))
        if guild is None:
            return
        members = list(guild.members.values())
        if wanted := details.get("user_ids"):
            ids = {int(each) for each in (wanted if isinstance(wanted, list) else [wanted])}
            members = [member for member in members if member.id in ids]
        elif query := details.get("query"):
            members = [member for member in members if member.name.lower().startswith(query.lower())]
        if limit := details.get("limit"):
            members = members[:limit]
        shown: Json = {
            "guild_id": str(guild.id),
            "members": [payloads.member(member) for member in members],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if "nonce" in details:
            shown["nonce"] = details["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", shown)
