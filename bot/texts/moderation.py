"""Write the messages about rules, reports and deleted pictures, for members and for moderators."""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

import discord

from bot.domain.job import Job, Removed
from bot.domain.moderation import COMMAND_LINE, Entry, Hit, Outcome, RuleKind
from bot.texts import card, numbers
from bot.texts.numbers import counted, decimal

# To members

BLOCKED_HERE = "The moderators of this server have blocked you from using me here."
BLOCKED = "You have been blocked from using me."
ROLE_DENIED = "One of your roles may not use me in this server."


def channel_closed(open_to: Iterable[int]) -> str:
    where = " ".join(f"<#{one}>" for one in open_to)
    return "I may not paint in this channel." + (f" Ask me in {where}" if where else "")


def role_needed(roles: Iterable[int]) -> str:
    names = " or ".join(f"<@&{one}>" for one in roles)
    return f"In this server only members with the role {names} may use me."


def word_blocked(hit: Hit, of: str) -> str:
    """Refuse a text because of ``hit``, and name only a plain word; ``of`` is what the text is, such as “prompt”."""
    if hit.timed_out:
        return f"I could not check that {of} in time. Please write it shorter and simpler."
    what = f"“{hit.value}”" if hit.kind is RuleKind.WORD else "something"
    return f"That {of} has {what} that is not allowed here. Please leave it out."


# To moderators

EMPTY = "The blocklist is empty."
WOULD_BE_PAINTED = "That prompt would be painted."
NO_RULE_LEFT = "It has no rule any more."
NOTHING_DONE = "Nobody has done anything yet."
MATCHES_ANY = "That expression matches every prompt. Write a narrower one."
TAKES_LONG = "That expression can take very long. Write it without nested repetitions."
MEANINGS = {
    RuleKind.CHANNEL_ALLOWED: "I paint there, and not in channels without a rule.",
    RuleKind.CHANNEL_DENIED: "I do not paint there.",
    RuleKind.ROLE_ALLOWED: "Its members may use me, and members without an allowed role may not.",
    RuleKind.ROLE_DENIED: "Its members may not use me.",
}
_TITLES = {
    RuleKind.USER_BLOCKED: ("Blocked members", "<@{}>"),
    RuleKind.CHANNEL_ALLOWED: ("Allowed channels", "<#{}>"),
    RuleKind.CHANNEL_DENIED: ("Denied channels", "<#{}>"),
    RuleKind.ROLE_ALLOWED: ("Allowed roles", "<@&{}>"),
    RuleKind.ROLE_DENIED: ("Denied roles", "<@&{}>"),
}
_SHOWN = 1800  # characters of a list in an answer


def no_word(longest: int) -> str:
    return f"Write a word or a phrase of letters or figures, at most {longest} characters."


def expression_too_long(longest: int) -> str:
    return f"That expression is longer than {longest} characters."


def no_expression(why: object) -> str:
    return f"I cannot read that regular expression: {why}."


def full(most: int) -> str:
    return f"The list is full with {most} entries. Remove one first."


def text_blocked(value: str, *, added: bool) -> str:
    return f"`{_quoted(value)}` {'is blocked now' if added else 'was blocked already'}."


def text_unblocked(value: str) -> str:
    return f"`{_quoted(value)}` is not blocked any more."


def text_unknown(value: str) -> str:
    return f"`{_quoted(value)}` is not in the blocklist. Write it as the list shows it."


def blocklist(words: Iterable[str], expressions: Iterable[str]) -> str:
    lines = [f"`{_quoted(one)}`" for one in words]
    lines += [f"`{_quoted(one)}` (expression)" for one in expressions]
    return _fitting(lines) if lines else EMPTY


def would_be_refused(hit: Hit) -> str:
    what = f"the {'word' if hit.kind is RuleKind.WORD else 'expression'} `{_quoted(hit.value)}`"
    return f"That prompt would be refused: {what}{' takes too long on it' if hit.timed_out else ''}."


def user_blocked(user_id: int, *, added: bool, cancelled: int) -> str:
    text = f"<@{user_id}> {'may not use me any more' if added else 'was blocked already'}."
    return f"{text} I cancelled {numbers.count(cancelled)} of their pictures." if cancelled else text


def user_unblocked(user_id: int, *, removed: bool) -> str:
    return f"<@{user_id}> {'may use me again' if removed else 'was not blocked'}."


def overview(values: Mapping[RuleKind, Sequence[str]]) -> str:
    """List all rules, and count the blocklist's entries."""
    blocked = len(values[RuleKind.WORD]) + len(values[RuleKind.REGEX])
    lines = [f"Blocklist: {counted(blocked, 'entry', 'entries')}"]
    for kind, (title, form) in _TITLES.items():
        if values[kind]:
            lines.append(f"{title}: " + " ".join(form.format(value) for value in values[kind]))
    return _fitting(lines)


def trail(entries: Sequence[Entry]) -> str:
    return _fitting([_told(entry) for entry in entries]) if entries else NOTHING_DONE


def _told(entry: Entry) -> str:
    who = "the command line" if entry.actor_id == COMMAND_LINE else f"<@{entry.actor_id}>"
    return f"{numbers.date(entry.at)} {who} {entry.action}: `{_quoted(entry.subject)}`"


def _quoted(text: str) -> str:
    """Replace backticks, so that the text can stand between backticks."""
    return text.replace("`", "'")


def _fitting(lines: Sequence[str]) -> str:
    text = ""
    for number, line in enumerate(lines):
        if len(text) + len(line) > _SHOWN:
            return f"{text}… and {len(lines) - number} more"
        text += f"{line}\n"
    return text.rstrip()


# The form of a report

ABOUT_REPORTS = "The moderators see the picture, its recipe, and who reports it"
REPORT_WHY = "What is wrong with it?"


def report_title(job_id: int) -> str:
    return f"Report picture #{job_id}"


UNFINISHED = "That picture is not finished yet."
DELETED = "I deleted its message and all files of it."
DELETED_FOR_GUEST = f"{DELETED} I am no member of this server, so ask a moderator to delete its timelapses."
MESSAGE_STAYS = "I deleted all files of it, but Discord does not let me delete its message. A moderator can."
WISHED: frozenset[Removed | None] = frozenset(
    {Removed.DELETED, Removed.MODERATOR, Removed.ERASED}
)  # then the message is deleted too
NO_MODERATORS = "That picture was painted in direct messages, where there are no moderators."
NO_MEMBER_HERE = (
    "I am no member of this server, so I cannot reach its moderators. Tell them yourself, or report the message to "
    "Discord: press and hold or right-click it → Report Message."
)
NO_REPORT_CHANNEL = (
    "The moderators of this server have not chosen a channel for reports. Ask someone who may manage the server to "
    "use `/settings server report_channel:`."
)
REPORTED = "Thank you. The moderators of this server have your report."
REPORT_ERASED = "I no longer keep that report."
FILM_WITHHELD = "That timelapse may be unsafe, so I show it only in age-restricted channels."
NOT_BY_DM = "That picture may be unsafe, so I show it only in age-restricted channels and send it to nobody."
FRAME_WITHHELD = "\n-# 🔞 This frame may be unsafe, so I show it only in age-restricted channels."
_RECIPE_ROOM = 900  # characters
_RESEND = "Save it from Discord and attach it to /edit."


def gone(why: Removed | None, pictures_days: int = 0) -> str:
    """Say why a picture cannot be used any more."""
    match why:
        case None:
            return f"That picture is no longer on my disk. {_RESEND}"
        case Removed.RULE:
            return f"I keep pictures for {pictures_days} days, and that one is older. {_RESEND}"
        case _:
            return f"That picture was {by_whom(why)}."


def by_whom(why: Removed) -> str:
    """Return who deleted the picture, as part of a sentence."""
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
    """Return the card of a deleted picture."""
    return f"{card.title(job)}\n🗑️ The picture was {by_whom(why)}."


def reported_already(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "You have already reported this picture. The moderators have not decided yet."
        case Outcome.DISMISSED:
            return "You have already reported this picture, and the moderators decided that it may stay."
        case Outcome.DELETED:
            return "You have already reported this picture, and the moderators decided to delete it."
        case _:
            assert_never(outcome)


def report_channel_closed(channel_id: int) -> str:
    return (
        f"I could not post your report in <#{channel_id}>. Ask someone who may manage the server to give me “View "
        "Channel”, “Send Messages” and “Attach Files” there, then report it again."
    )


def report(job: Job, reporter_id: int, reason: str, *, pictured: bool) -> str:
    """Return the moderators' message about the first report of a picture."""
    url = card.message_url(job.guild_id, job.thread_id or job.channel_id, job.final_message_id or 0)
    lines = [
        f"🚩 <@{reporter_id}> reports [#{job.id}]({url}) in <#{job.thread_id or job.channel_id}>, "
        f"painted for <@{job.requester_id}>.",
        *_reason_quoted(reason),
        *([] if pictured else ["-# Its file is no longer on my disk; follow the link."]),
    ]
    recipe = (job.recipe or job.spec.prompt).replace("```", "'''")
    return "\n".join([*lines, f"```\n{recipe[:_RECIPE_ROOM]}{'…' if len(recipe) > _RECIPE_ROOM else ''}\n```"])


def reported_too(job: Job, reporter_id: int, reason: str) -> str:
    return "\n".join([f"🚩 <@{reporter_id}> reports #{job.id} too.", *_reason_quoted(reason)])


def _reason_quoted(reason: str) -> list[str]:
    text = " ".join(reason.split())
    return [f"> {discord.utils.escape_markdown(text)}"] if text else []


def deleted_on_report(by: int, *, gone: bool) -> str:
    return f"🗑️ Deleted by <@{by}>." if gone else f"🗑️ <@{by}>: {MESSAGE_STAYS}"


def blocked(job: Job, by: int) -> str:
    return f"⛔ <@{job.requester_id}> was blocked by <@{by}>. `/mod unblock` lifts it."


def dismissed(by: int) -> str:
    return f"✅ Dismissed by <@{by}>."


def withheld_mark(job: Job) -> str:
    """Return the line by which the bot finds the message again."""
    return f"-# picture #{job.id} is not shown"


def withheld(job: Job, recipe: str, note: str = "") -> str:
    """Return the message that replaces an unsafe picture."""
    score = f" (score {decimal(job.unsafe, 2)})" if job.unsafe is not None else ""
    text = recipe.replace("```", "'''")
    small = f"-# {note}\n" if note else ""
    return (
        f"<@{job.requester_id}> {card.title(job)}\n🔞 This picture may be unsafe{score}, so I show it only in "
        f"age-restricted channels. Use `/show {job.id}` in such a channel, or change the words.\n"
        f"{small}{withheld_mark(job)}\n```\n{text[:_RECIPE_ROOM]}{'…' if len(text) > _RECIPE_ROOM else ''}\n```"
    )
