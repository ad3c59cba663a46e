"""What is said of the rules of a server and of the owners, to moderators and to whom they hit: as in
:mod:`bot.texts.card`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.domain.moderation import COMMAND_LINE, Entry, Hit, RuleKind
from bot.texts import numbers
from bot.texts.numbers import counted

# To members

BLOCKED_HERE = "The moderators of this server have blocked you from using me here."
BLOCKED = "You have been blocked from using me."
ROLE_DENIED = "Members with one of your roles may not use me in this server."


def channel_closed(open_to: Iterable[int]) -> str:
    where = " ".join(f"<#{one}>" for one in open_to)
    return "I may not paint in this channel." + (f" Ask me in {where}" if where else "")


def role_needed(roles: Iterable[int]) -> str:
    names = " or ".join(f"<@&{one}>" for one in roles)
    return f"In this server only members with the role {names} may use me."


def word_blocked(hit: Hit, of: str) -> str:
    """What a text has that is not allowed, named only where it is a plain word; ``of`` is what the text belongs to."""
    if hit.timed_out:
        return f"I could not check that {of} in time. Please write it shorter and simpler."
    what = f"“{hit.value}”" if hit.kind is RuleKind.WORD else "something"
    return f"That {of} has {what} that is not allowed here. Please leave it out."


# To moderators

EMPTY = "The blocklist is empty."
WOULD_BE_PAINTED = "That prompt would be painted."
NO_RULE_LEFT = "No rule is left for it."
NOTHING_DONE = "Nothing was done yet."
MATCHES_ANY = "That expression matches any prompt."
TAKES_LONG = "That expression can take very long. Write it without nested repetitions."
MEANINGS = {
    RuleKind.CHANNEL_ALLOWED: "I paint there. In channels without a rule I do not, as long as one is allowed.",
    RuleKind.CHANNEL_DENIED: "I do not paint there.",
    RuleKind.ROLE_ALLOWED: "Its members may use me. Others may not, as long as one role is allowed.",
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
    return f"That is no regular expression: {why}."


def full(most: int) -> str:
    return f"There are {most} entries already, which is the most. Remove one first."


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
    return f"{text} Cancelled: {numbers.count(cancelled)} of their pictures." if cancelled else text


def user_unblocked(user_id: int, *, removed: bool) -> str:
    return f"<@{user_id}> {'may use me again' if removed else 'was not blocked'}."


def overview(values: Mapping[RuleKind, Sequence[str]]) -> str:
    """All rules but the blocklist's entries, which are counted."""
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
    """Fit to stand between backticks."""
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
