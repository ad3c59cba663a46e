"""Rules about members, channels and prompts, and what moderators decide."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EVERYWHERE = 0
"""The guild id of a rule by the bot's owners; it applies in every server and in direct messages."""

COMMAND_LINE = 0
"""Stands for a member's id when an order comes from the command line."""


class RuleKind(StrEnum):
    """Name what a rule is about; its value is a word, a regular expression, or an id."""

    WORD = "word"
    REGEX = "regex"
    USER_BLOCKED = "user_blocked"
    CHANNEL_ALLOWED = "channel_allowed"
    CHANNEL_DENIED = "channel_denied"
    ROLE_ALLOWED = "role_allowed"
    ROLE_DENIED = "role_denied"


class Outcome(StrEnum):
    """Name what moderators decided about a report."""

    DELETED = "deleted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Name the rule that a text breaks."""

    kind: RuleKind
    value: str
    timed_out: bool = False  # the expression took too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Record one act of a moderator for the audit trail."""

    at: datetime
    guild_id: int
    actor_id: int
    action: str
    subject: str


class Cover(StrEnum):
    NONE = "none"
    SPOILER = "spoiler"  # covered until clicked
    WITHHELD = "withheld"  # told of, and not shown


class Verdict(StrEnum):
    DELETE = "delete"
    BLOCK = "block"
    DISMISS = "dismiss"
