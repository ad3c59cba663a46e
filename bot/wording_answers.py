"""Short answers that commands, buttons and reactions share: pure functions, as in :mod:`bot.wording`."""

from __future__ import annotations

from collections.abc import Iterable

MODERATORS_ONLY = "Only those who may manage messages or this server can do that."
OWNERS_ONLY = "Only those who run me can do that."
GONE_REPLY = "The message you replied to is gone."
UNREADABLE_REPLY = "I cannot read the message you replied to."
NEWEST_TAKEN = "You attached no picture, so I took the newest one here."
UNREADABLE = "I cannot read that message any more."
NO_SERVER_TO_SHARE_WITH = "There is no server here to share it with."


def not_yours(requester_id: int) -> str:
    return f"Only <@{requester_id}>, or someone who may manage messages here, can do that."


def no_bundle(name: str, known: Iterable[str]) -> str:
    return f"There is no bundle “{name[:40]}” here. There is: {', '.join(sorted(known))}."


def no_style_nor_words(name: str, known: Iterable[str]) -> str:
    return f"There is no style “{name[:40]}” here. There is: {', '.join(known)}. Words for one are two or more."


def built_in(style: str) -> str:
    return f"“{style}” is built in. Save one of your own under another name."


def style_of(style: str, owner_id: int) -> str:
    return f"“{style}” is <@{owner_id}>'s."
