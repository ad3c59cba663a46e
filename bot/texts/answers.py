"""Write the short answers that commands, buttons and reactions share."""

from collections.abc import Sequence

from bot.domain.job import Job
from bot.texts import card, numbers
from bot.texts.numbers import mebibytes

MODERATORS_ONLY = "Only those who may manage messages or this server can do that."
OWNERS_ONLY = "Only those who run me can do that."
GONE_REPLY = "The message you replied to is gone."
UNREADABLE_REPLY = "I cannot read the message you replied to."
NEWEST_TAKEN = "You attached no picture, so I took the newest one here."
NOTHING_ATTACHED = "I see no picture to edit. Reply to one with .edit and your words, or attach one to the message."
MY_NEWEST_TAKEN = (
    "You attached no picture, so I took my newest one here. I cannot see what members posted: attach that to use it."
)
UNREADABLE = "I cannot read that message any more."
COMMANDS_CHANGED = "My commands have changed. Reload Discord (Ctrl+R, or restart the app) and try again."
NOT_PAINTED_ANY_MORE = "That picture is no longer being painted."
STOPPING = "Stopping: the picture as it is now comes in a moment."
CANCELLED = "Cancelled."
NO_SERVER_TO_SET = "This is no server. Use /settings mine, which works everywhere."
MANAGERS_ONLY = "Only members with the permission “Manage Server” can set that."
LOCKED = "This thread is locked, so I cannot post here. Ask again in an open one."
NO_SERVER_TO_SHARE_WITH = "This is no server, so I cannot share it with one."


def did_you_mean(sign: str, name: str, words: str, *, typed: bool) -> str:
    """Answer a mistyped command, or one that only the menu of commands can give."""
    if typed:
        return f"Did you mean `.{name}`? Write for example: .{name} {_sample(words)}"
    return f"Did you mean /{name}? Choose it from Discord's list of commands: type / and its name."


def role_mentioned(bot_id: int) -> str:
    return f"You mentioned my role, so I cannot read the words. Mention me, <@{bot_id}>, instead."


def how_to_ask(words: str) -> str:
    """Answer words that are meant for the bot but ask for nothing."""
    return f"To have it painted, write: .imagine {_sample(words)}\n-# /help says what else I can do."


def _sample(words: str) -> str:
    return card.one_line(words) if words else "a red car"


def not_yours(requester_id: int) -> str:
    return f"Only <@{requester_id}>, or someone who may manage messages here, can do that."


def built_in(style: str) -> str:
    return f"“{style}” is built in. Save yours under another name."


def style_of(style: str, owner_id: int) -> str:
    return f"“{style}” is <@{owner_id}>'s."


def broken(reference: str) -> str:
    """Answer after an unexpected error; the log has it under ``reference``."""
    return (
        "Sorry, something went wrong on my side; nothing was painted. "
        f"If it happens again, tell whoever runs this bot the reference `{reference}`."
    )


def no_such_value(value: object) -> str:
    return f"This setting cannot be “{str(value)[:40]}”."


def lacking(permissions: Sequence[str]) -> str:
    *first, last = (f"“{name}”" for name in permissions)
    listed = f"{', '.join(first)} and {last}" if first else last
    return (
        f"I cannot post pictures here without the permission {listed}. "
        "Ask a moderator to grant it, or use another channel."
    )


NO_FILM = (
    "I have no timelapse of that picture: I keep them for some days only, and only if timelapses are switched on. "
    "Press Rerun for another picture with one."
)
CLOSED = "Discord does not let me write to you. Allow direct messages from members of this server, and try again."
POSTING = "One moment, here it comes."
SENT = "It is in your direct messages."


def film(job: Job) -> str:
    return f"🎬 {card.title(job)}, from the first iteration to the last"


def film_posted(url: str) -> str:
    return f"Here it is: {url}"


def invitation(job: Job, user_id: int) -> str:
    """Ask for the words of an edit, because the reaction that asked for it has none."""
    return f"<@{user_id}> what should change in {card.title(job)}? Press Edit, or reply “.edit” and say it."


def too_large(what: str, size: int, limit: int) -> str:
    return f"The {what} is {mebibytes(size)} large, and Discord takes at most {mebibytes(limit)} here."


def sent(job: Job, recipe: str, width: int, height: int) -> str:
    """Return the direct message with a picture; the PNG holds the whole recipe."""
    return card.with_recipe(f"{card.title(job)}\n-# {numbers.size(width, height)} px · job #{job.id}", recipe)
