"""A local Discord: REST v10, gateway v10 and CDN over TLS on loopback, for demos and tests.

The bot that connects to it is unmodified; members are driven from Python (see `Sandbox` and `Member`).
"""

from sandbox.people.actors import Answer, Member
from sandbox.people.handles import Guild
from sandbox.records.errors import ApiError, NoAnswer
from sandbox.records.model import Channel, Message, Reaction, Role, User
from sandbox.records.parts import Attachment, File
from sandbox.records.traffic import GatewayEvent, HttpRequest
from sandbox.server import Sandbox
from sandbox.state import StateError
from sandbox.verbs.commands import NotOffered
from sandbox.verbs.permissions import Permissions

__all__ = [
    "Answer",
    "ApiError",
    "Attachment",
    "Channel",
    "File",
    "GatewayEvent",
    "Guild",
    "HttpRequest",
    "Member",
    "Message",
    "NoAnswer",
    "NotOffered",
    "Permissions",
    "Reaction",
    "Role",
    "Sandbox",
    "StateError",
    "User",
]
