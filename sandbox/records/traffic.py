"""Requests, gateway payloads and opcodes between the bot and the sandbox."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sandbox.records.model import Json
from sandbox.records.parts import File

GATEWAY_HOST = "gateway.discord.gg"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request of the bot and its answer. ``path`` has no version prefix; ``route`` names the path's parameters."""

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
