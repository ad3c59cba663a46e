"""The gateway: sessions with replay, zlib-stream transport, intents."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox import intents, payloads
from sandbox.intents import Intents
from sandbox.model import Json
from sandbox.world import GatewayEvent, World

log = logging.getLogger("sandbox.gateway")

HOST = "gateway.discord.gg"
HEARTBEAT_INTERVAL_MS = 41_250
ACK_DELAY_S = 0.02  # an answer at once beats the client's own clock, which then reports a lag of a whole interval
REPLAY_LIMIT = 5000  # events kept for a session that may resume


class Op(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Close(IntEnum):
    UNKNOWN_OP = 4001
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Connection:
    """One websocket: compresses, and sends in order from a task of its own."""

    def __init__(self, socket: web.WebSocketResponse, world: World, *, compress: bool) -> None:
        self._socket = socket
        self._world = world
        self._stream = zlib.compressobj() if compress else None
        self._outbox: asyncio.Queue[Json | int] = asyncio.Queue()
        self.session: Session | None = None

    def send(self, payload: Json) -> None:
        self._world.events.append(GatewayEvent(payload=payload, sent=True))
        self._outbox.put_nowait(payload)

    def close(self, code: int) -> None:
        """Close after everything before has been sent."""
        self._outbox.put_nowait(code)

    async def pump(self) -> None:
        """Send what is queued until the connection is closed."""
        while True:
            item = await self._outbox.get()
            if isinstance(item, int):
                await self._socket.close(code=item)
                return
            text = json.dumps(item, separators=(",", ":"))
            if self._stream is None:
                await self._socket.send_str(text)
            else:  # each message ends with the sync flush 00 00 ff ff
                frame = self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)
                await self._socket.send_bytes(frame)


@dataclass(slots=True, eq=False, kw_only=True)
class Session:
    """What survives a lost connection: the intents, the sequence number and the last events."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    ready: bool = False
    backlog: list[Json] = field(default_factory=list)
    connection: Connection | None = None

    def dispatch(self, name: str, details: Json) -> None:
        self.seq += 1
        payload = {"op": int(Op.DISPATCH), "t": name, "s": self.seq, "d": details}
        self.backlog.append(payload)
        del self.backlog[:-REPLAY_LIMIT]
        if self.connection is not None:
            self.connection.send(payload)

    def wants(self, name: str, guild_id: int | None, *, always: bool = False) -> bool:
        needed = 0 if always else intents.needed(name, direct=guild_id is None)
        number, count = self.shard
        home = 0 if guild_id is None else (guild_id >> 22) % count
        return self.ready and home == number and (not needed or bool(self.intents & needed))


class GatewayServer:
    """All sessions of the bot. Implements `world.Gateway`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sessions: dict[str, Session] = {}
        self._connections: dict[Connection, asyncio.Transport | None] = {}
        self.connects = 0  # websockets accepted so far
        self.resumes = 0  # sessions resumed so far

    @property
    def connected(self) -> bool:
        """Whether a bot is there, past READY."""
        return any(session.ready and session.connection for session in self._sessions.values())

    def dispatch(self, name: str, build: Callable[[bool], Json], *, guild_id: int | None, always: bool) -> None:
        for session in self._sessions.values():
            if session.wants(name, guild_id, always=always):
                session.dispatch(name, build(bool(session.intents & Intents.MESSAGE_CONTENT)))

    def drop(self, *, code: int | None = None, forget: bool = False) -> None:
        """Break every connection: abruptly, or with a close code; ``forget`` also ends the sessions."""
        if forget:
            self._sessions.clear()
        for connection, transport in list(self._connections.items()):
            if connection.session is not None:
                connection.session.connection = None
            if code is not None:
                connection.close(code)
            elif transport is not None:
                transport.abort()

    def ask_to_reconnect(self) -> None:
        """Send op 7, as Discord does before it restarts a gateway node."""
        for connection in self._connections:
            connection.send({"op": int(Op.RECONNECT), "s": None, "t": None})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0, autoping=True)
        await socket.prepare(request)
        self.connects += 1
        # zstd-stream is answered in plain text frames, which every client takes as well
        compress = request.query.get("compress") == "zlib-stream"
        connection = Connection(socket, self._world, compress=compress)
        transport = request.transport
        self._connections[connection] = transport if isinstance(transport, asyncio.Transport) else None
        pump = asyncio.create_task(connection.pump())
        hello = {"heartbeat_interval": HEARTBEAT_INTERVAL_MS}
        connection.send({"op": int(Op.HELLO), "d": hello, "s": None, "t": None})
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._receive(connection, json.loads(frame.data))
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            self._connections.pop(connection, None)
            if connection.session is not None and connection.session.connection is connection:
                connection.session.connection = None
            self._world.changed()
        return socket

    async def shut_down(self) -> None:
        for connection in list(self._connections):
            connection.close(WSCloseCode.GOING_AWAY)
        await asyncio.sleep(0)

    def _receive(self, connection: Connection, payload: Json) -> None:
        self._world.events.append(GatewayEvent(payload=payload, sent=False))
        details: Any = payload.get("d")
        match payload.get("op"):
            case Op.HEARTBEAT:
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
        self._world.changed()

    def _identify(self, connection: Connection, details: Json) -> None:
        wanted = int(details.get("intents", 0))
        if connection.session is not None:
            connection.close(Close.ALREADY_AUTHENTICATED)
        elif details.get("token", "").removeprefix("Bot ") != self._world.token:
            connection.close(Close.AUTHENTICATION_FAILED)
        elif wanted >= intents.HIGHEST or wanted < 0:
            connection.close(Close.INVALID_INTENTS)
        elif wanted & intents.PRIVILEGED & ~self._world.privileged:
            connection.close(Close.DISALLOWED_INTENTS)
        else:
            number, count = details.get("shard", (0, 1))
            session = Session(id=secrets.token_hex(16), intents=wanted, shard=(number, count))
            session.connection, connection.session = connection, session
            self._sessions[session.id] = session
            self._greet(session)

    def _greet(self, session: Session) -> None:
        world = self._world
        number, count = session.shard
        guilds = [guild for guild in world.guilds.values() if (guild.id >> 22) % count == number]
        ready: dict[str, Any] = {
            "v": 10,
            "user": payloads.own_user(world.bot_user),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"wss://{HOST}",
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
        for guild in guilds:
            if session.wants("GUILD_CREATE", guild.id):
                shown = world.guild_create(guild, everybody=everybody) | {"unavailable": False}
                session.dispatch("GUILD_CREATE", shown)

    def _resume(self, connection: Connection, details: Json) -> None:
        session = self._sessions.get(details.get("session_id", ""))
        seq = details.get("seq") or 0
        known = session is not None and seq <= session.seq
        if details.get("token", "").removeprefix("Bot ") != self._world.token:
            connection.close(Close.AUTHENTICATION_FAILED)
            return
        if session is None or not known:
            connection.send({"op": int(Op.INVALID_SESSION), "d": False, "s": None, "t": None})
            return
        missed = [payload for payload in session.backlog if payload["s"] > seq]
        session.connection, connection.session = connection, session
        for payload in missed:
            connection.send(payload)
        self.resumes += 1
        session.dispatch("RESUMED", {})

    def _chunk_members(self, session: Session, details: Json) -> None:
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
