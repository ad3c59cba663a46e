"""A local Discord: REST v10, gateway v10 and CDN over TLS on loopback, for demos and tests.

The bot that connects to it is unmodified; members are driven from Python (see `Sandbox` and `Member`).
"""

from __future__ import annotations

from sandbox.people.actors import Answer, Member
from sandbox.records.errors import ApiError, NoAnswer
from sandbox.records.model import Attachment, Channel, File, Guild, Message, Reaction, Role, User
from sandbox.run.server import Sandbox
from sandbox.state import StateError
from sandbox.verbs.commands import NotOffered
from sandbox.verbs.permissions import Permissions
from sandbox.verbs.world import GatewayEvent, Request

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
