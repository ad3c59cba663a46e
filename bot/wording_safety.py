"""What is said of pictures that were deleted: pure functions, as in :mod:`bot.wording`."""

from __future__ import annotations

from typing import assert_never

from bot import wording
from bot.jobs import Job, Removed

DELETED = "Deleted: its message, and all files that I had of it."
MESSAGE_STAYS = "I deleted all files of it, but Discord does not let me delete its message. A moderator can."
WISHED: frozenset[Removed | None] = frozenset({Removed.DELETED, Removed.MODERATOR})
"""Of these the message is deleted too."""
_RESEND = "Save it from Discord and attach it to /edit."


def gone(why: Removed | None, pictures_days: int = 0) -> str:
    """Why nothing can be made of a picture any more, to whoever wants to."""
    match why:
        case None:
            return f"That picture is no longer on my disk. {_RESEND}"
        case Removed.RULE:
            return f"I keep pictures for {pictures_days} days, and that one is older. {_RESEND}"
        case _:
            return f"That picture was {by_whom(why)}."


def by_whom(why: Removed) -> str:
    """As in a list."""
    match why:
        case Removed.DELETED:
            return "deleted by its requester"
        case Removed.MODERATOR:
            return "deleted by a moderator"
        case Removed.RULE:
            return "no longer kept here"
        case _:
            assert_never(why)


def removed(job: Job, why: Removed) -> str:
    """The card of a picture that was deleted."""
    return f"{wording.title(job)}\n🗑️ The picture was {by_whom(why)}."
