"""One websocket of the gateway, and the session that can outlive it."""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from aiohttp import web

from sandbox.faults.pending import Fate
from sandbox.records import intents
from sandbox.records.model import Json
from sandbox.records.traffic import Op

RESUMABLE_S = 300.0  # how long after its connection was lost
REPLAY_LIMIT = 5000  # events kept for a session that may resume
SWAP_LIMIT_S = 0.5  # a swapped event is sent after this time if no other event follows
COMMANDS_PER_MINUTE = 120


class Close(IntEnum):
    UNKNOWN_ERROR = 4000
    UNKNOWN_OP = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQ = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


# After these Discord knows the session no more; after the others the bot may resume.
ENDS_SESSION = frozenset({1000, 1001, Close.AUTHENTICATION_FAILED, Close.INVALID_SEQ, Close.SESSION_TIMED_OUT})


class Connection:
    """One websocket. It compresses messages and sends them in order from its own task."""

    def __init__(self, socket: web.WebSocketResponse, *, compress: bool, record: Callable[[Json], None]) -> None:
        self._record = record
        self._socket = socket
        self._stream = zlib.compressobj() if compress else None
        self._outbox: asyncio.Queue[Json | int] = asyncio.Queue()
        self._received: deque[float] = deque(maxlen=COMMANDS_PER_MINUTE)
        self.session: GatewaySession | None = None

    def send(self, payload: Json) -> None:
        self._record(payload)
        self._outbox.put_nowait(payload)

    def close(self, code: int) -> None:
        """Close after everything before has been sent."""
        self._outbox.put_nowait(code)

    def takes_another(self, now: float) -> bool:
        """Count a command of the bot; False when there were too many within a minute."""
        full = len(self._received) == COMMANDS_PER_MINUTE and now - self._received[0] < 60
        self._received.append(now)
        return not full

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
class GatewaySession:
    """Hold what survives a lost connection: intents, sequence number and the last events."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    ready: bool = False
    backlog: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAY_LIMIT))
    connection: Connection | None = None
    lost_at: float = 0.0  # when the last connection ended
    held: list[Json] = field(default_factory=list)  # events that are to come after the next one

    def dispatch(self, name: str, details: Json, fate: Fate = Fate.SENT) -> None:
        self.seq += 1
        payload = {"op": int(Op.DISPATCH), "t": name, "s": self.seq, "d": details}
        if fate is Fate.LOST:
            return
        self.backlog.append(payload)
        if self.connection is None:
            return
        if fate is Fate.SWAPPED:
            self.held.append(payload)
            asyncio.get_running_loop().call_later(SWAP_LIMIT_S, self.release)
            return
        self.connection.send(payload)
        if fate is Fate.DOUBLED:
            self.connection.send(payload)
        self.release()

    def release(self) -> None:
        """Send what was held back."""
        held, self.held = self.held, []
        for payload in held:
            if self.connection is not None:
                self.connection.send(payload)

    def resume(self, connection: Connection, seq: int) -> None:
        """Continue on another connection: send every event after ``seq`` again."""
        self.held.clear()
        self.connection, connection.session = connection, self
        for payload in self.backlog:
            if payload["s"] > seq:
                connection.send(payload)

    def wants(self, name: str, guild_id: int | None, *, always: bool = False) -> bool:
        """Return whether this session's shard and intents take an event. With ``always`` it needs no intent."""
        needed = 0 if always else intents.needed(name, direct=guild_id is None)
        number, count = self.shard
        home = 0 if guild_id is None else (guild_id >> 22) % count
        return self.ready and home == number and (not needed or bool(self.intents & needed))
