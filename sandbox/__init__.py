"""A local Discord: REST v10, gateway v10 and CDN over TLS on loopback, for demos and tests.

The bot that connects to it is unmodified; members are driven from Python (see `Sandbox` and `Member`).
"""

from __future__ import annotations

from sandbox.actors import Answer, Member
from sandbox.commands import NotOffered
from sandbox.errors import ApiError, NoAnswer
from sandbox.model import Attachment, Channel, File, Guild, Message, Reaction, Role, User
from sandbox.permissions import Permissions
from sandbox.server import Sandbox
from sandbox.state import StateError
from sandbox.world import GatewayEvent, Request

__all__ = [
    "Answer",
    "ApiError",
    "Attachment",
    "Channel",
    "File",
    "GatewayEvent",
    "Guild",
    "Member",
    "Message",
    "NoAnswer",
    "NotOffered",
    "Permissions",
    "Reaction",
    "Request",
    "Role",
    "Sandbox",
    "StateError",
    "User",
]
