"""What is said of pictures that were deleted or reported: pure functions, as in :mod:`bot.texts.card`."""

from __future__ import annotations

from typing import assert_never

import discord

from bot.domain.job import Job, Removed
from bot.domain.moderation import Outcome
from bot.texts import card
from bot.texts.numbers import decimal

UNFINISHED = "That picture is not finished yet."
DELETED = "Deleted: its message, and all files that I had of it."
DELETED_FOR_GUEST = (
    f"{DELETED} Timelapses that I posted here stay, since I am no member of this server: whoever moderates it can "
    "delete them."
)
MESSAGE_STAYS = "I deleted all files of it, but Discord does not let me delete its message. A moderator can."
WISHED: frozenset[Removed | None] = frozenset({Removed.DELETED, Removed.MODERATOR, Removed.ERASED})
"""Of these the message is deleted too."""
NO_MODERATORS = "That picture was painted in a direct conversation, which no moderator looks after."
NO_MEMBER_HERE = (
    "I am no member of this server, so I cannot reach its moderators. Tell them yourself, or report the message to "
    "Discord: press and hold or right-click it → Report Message."
)
NO_REPORT_CHANNEL = (
    "The moderators of this server have no channel for reports yet. Please tell somebody who may manage the server: "
    "`/settings server report_channel:` sets one, and then this button works."
)
REPORTED = "Thank you. The moderators of this server have your report."
REPORT_ERASED = "That report is not kept any more."
FILM_WITHHELD = "A frame of that timelapse may be unsafe, and this is no age-restricted channel: I do not show it here."
NOT_BY_DM = "That picture may be unsafe: I show it in age-restricted channels only, and send it to nobody."
FRAME_WITHHELD = "\n-# 🔞 This frame may be unsafe, and this is no age-restricted channel: I do not show it."
_RECIPE_ROOM = 900  # characters
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
        case Removed.DELETED | Removed.ERASED:
            return "deleted by its requester"
        case Removed.MODERATOR:
            return "deleted by a moderator"
        case Removed.RULE:
            return "no longer kept here"
        case _:
            assert_never(why)


def removed(job: Job, why: Removed) -> str:
    """The card of a picture that was deleted."""
    return f"{card.title(job)}\n🗑️ The picture was {by_whom(why)}."


def reported_already(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "You have reported this picture already; the moderators have yet to decide."
        case Outcome.DISMISSED:
            return "You have reported this picture already, and the moderators decided that it may stay."
        case Outcome.DELETED:
            return "You have reported this picture already, and the moderators decided to delete it."
        case _:
            assert_never(outcome)


def report_channel_closed(channel_id: int) -> str:
    return (
        f"I could not post your report in <#{channel_id}>. Please tell somebody who may manage the server: there I "
        "need the permissions “View Channel”, “Send Messages” and “Attach Files”. Then report it again."
    )


def report(job: Job, reporter_id: int, reason: str, *, pictured: bool) -> str:
    """What moderators read of the first report of a picture."""
    url = card.message_url(job.guild_id, job.thread_id or job.channel_id, job.final_message_id or 0)
    lines = [
        f"🚩 <@{reporter_id}> reports [#{job.id}]({url}) in <#{job.thread_id or job.channel_id}>, "
        f"painted for <@{job.requester_id}>.",
        *_quoted(reason),
        *([] if pictured else ["-# Its file is no longer on my disk; follow the link."]),
    ]
    recipe = (job.recipe or job.spec.prompt).replace("```", "'''")
    return "\n".join([*lines, f"```\n{recipe[:_RECIPE_ROOM]}{'…' if len(recipe) > _RECIPE_ROOM else ''}\n```"])


def reported_too(job: Job, reporter_id: int, reason: str) -> str:
    return "\n".join([f"🚩 <@{reporter_id}> reports #{job.id} too.", *_quoted(reason)])


def _quoted(reason: str) -> list[str]:
    text = " ".join(reason.split())
    return [f"> {discord.utils.escape_markdown(text)}"] if text else []


def deleted_on_report(by: int, *, gone: bool) -> str:
    return f"🗑️ Deleted by <@{by}>." if gone else f"🗑️ <@{by}>: {MESSAGE_STAYS}"


def blocked(job: Job, by: int) -> str:
    return f"⛔ <@{job.requester_id}> was blocked by <@{by}>; `/mod unblock` takes it back."


def dismissed(by: int) -> str:
    return f"✅ Dismissed by <@{by}>."


def withheld_mark(job: Job) -> str:
    """A line by which the message is found again."""
    return f"-# picture #{job.id} is not shown"


def withheld(job: Job, recipe: str, note: str = "") -> str:
    """The message in place of a finished picture."""
    score = f" (score {decimal(job.unsafe, 2)})" if job.unsafe is not None else ""
    text = recipe.replace("```", "'''")
    small = f"-# {note}\n" if note else ""
    return (
        f"<@{job.requester_id}> {card.title(job)}\n🔞 I do not show this picture here: it may be unsafe{score}, and "
        f"this is no age-restricted channel. Use `/show {job.id}` in such a channel to see it, or change the words.\n"
        f"{small}{withheld_mark(job)}\n```\n{text[:_RECIPE_ROOM]}{'…' if len(text) > _RECIPE_ROOM else ''}\n```"
    )
