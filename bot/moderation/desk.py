"""What moderators and owners do by command; every answer is a sentence for them alone."""

from __future__ import annotations

from typing import Protocol

from bot import wording
from bot.errors import BadSetting
from bot.moderation import blocklist
from bot.moderation.gate import Gate
from bot.moderation.rules import EVERYWHERE, Entry, RuleKind, Rules

_MOST = 500  # words and expressions of one scope: each prompt is held against all
_SHOWN = 1800  # characters of a list in an answer
_OPPOSITE = {
    RuleKind.CHANNEL_ALLOWED: RuleKind.CHANNEL_DENIED,
    RuleKind.CHANNEL_DENIED: RuleKind.CHANNEL_ALLOWED,
    RuleKind.ROLE_ALLOWED: RuleKind.ROLE_DENIED,
    RuleKind.ROLE_DENIED: RuleKind.ROLE_ALLOWED,
}


class Jobs(Protocol):
    """What is asked of the removal."""

    async def cancel(self, user_id: int, guild_id: int | None) -> int: ...


class Desk:
    """``scope`` is a server's id or ``EVERYWHERE``; ``by`` the member who does it."""

    def __init__(self, rules: Rules, gate: Gate, jobs: Jobs) -> None:
        self._rules = rules
        self._gate = gate
        self._jobs = jobs

    async def block_text(self, scope: int, kind: RuleKind, text: str, *, by: int) -> str:
        """Raises :class:`BadSetting` for what cannot be searched for."""
        value = blocklist.check_word(text) if kind is RuleKind.WORD else blocklist.check_regex(text)
        values = await self._rules.of(scope)
        if len(values[RuleKind.WORD]) + len(values[RuleKind.REGEX]) >= _MOST:
            raise BadSetting(f"There are {_MOST} entries already, which is the most. Remove one first.")
        added = await self._rules.add(scope, kind, value, by=by)
        return f"`{_quoted(value)}` is blocked now." if added else f"`{_quoted(value)}` was blocked already."

    async def unblock_text(self, scope: int, text: str, *, by: int) -> str:
        for kind in (RuleKind.WORD, RuleKind.REGEX):
            if await self._rules.remove(scope, kind, text, by=by):
                return f"`{_quoted(text)}` is not blocked any more."
        raise BadSetting(f"`{_quoted(text)}` is not in the blocklist. Write it as the list shows it.")

    async def blocked_texts(self, scope: int) -> str:
        values = await self._rules.of(scope)
        lines = [f"`{_quoted(one)}`" for one in values[RuleKind.WORD]]
        lines += [f"`{_quoted(one)}` (expression)" for one in values[RuleKind.REGEX]]
        return _fitting(lines) if lines else "The blocklist is empty."

    async def suggest(self, scope: int, typed: str) -> list[str]:
        """Entries of the blocklist that have what was typed."""
        values = await self._rules.of(scope)
        return [one for one in values[RuleKind.WORD] + values[RuleKind.REGEX] if typed.casefold() in one.casefold()]

    async def try_text(self, scope: int, text: str) -> str:
        """Whether a prompt would be let in, and what stops it."""
        hit = await self._gate.find(text, None if scope == EVERYWHERE else scope)
        if hit is None:
            return "That prompt would be painted."
        what = f"the {'word' if hit.kind is RuleKind.WORD else 'expression'} `{_quoted(hit.value)}`"
        return f"That prompt would be refused: {what}{' takes too long on it' if hit.timed_out else ''}."

    async def block_user(self, scope: int, user_id: int, *, by: int) -> str:
        """What they have waiting or running there is cancelled."""
        added = await self._rules.add(scope, RuleKind.USER_BLOCKED, user_id, by=by)
        cancelled = await self._jobs.cancel(user_id, None if scope == EVERYWHERE else scope)
        text = f"<@{user_id}> may not use me any more." if added else f"<@{user_id}> was blocked already."
        return f"{text} Cancelled: {cancelled} of their pictures." if cancelled else text

    async def unblock_user(self, scope: int, user_id: int, *, by: int) -> str:
        removed = await self._rules.remove(scope, RuleKind.USER_BLOCKED, user_id, by=by)
        return f"<@{user_id}> may use me again." if removed else f"<@{user_id}> was not blocked."

    async def rule(self, scope: int, kind: RuleKind | None, kinds: tuple[RuleKind, ...], value: int, *, by: int) -> str:
        """Set ``kind`` for a channel or role and clear the others of ``kinds``; None clears all."""
        for other in kinds:
            if other is not kind:
                await self._rules.remove(scope, other, value, by=by)
        if kind is None:
            return "No rule is left for it."
        await self._rules.add(scope, kind, value, by=by)
        return _MEANINGS[kind]

    async def overview(self, scope: int) -> str:
        """All rules but the blocklist's entries, which are counted."""
        values = await self._rules.of(scope)
        blocked = len(values[RuleKind.WORD]) + len(values[RuleKind.REGEX])
        lines = [f"Blocklist: {blocked} {'entry' if blocked == 1 else 'entries'}"]
        for kind, (title, form) in _TITLES.items():
            if values[kind]:
                lines.append(f"{title}: " + " ".join(form.format(value) for value in values[kind]))
        return _fitting(lines)

    async def trail(self, scope: int, limit: int = 15) -> str:
        entries = await self._rules.trail(scope, limit)
        return _fitting([_told(entry) for entry in entries]) if entries else "Nothing was done yet."


_MEANINGS = {
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


def _told(entry: Entry) -> str:
    return f"{wording.date(entry.at)} <@{entry.actor_id}> {entry.action}: `{_quoted(entry.subject)}`"


def _quoted(text: str) -> str:
    """Fit to stand between backticks."""
    return text.replace("`", "'")


def _fitting(lines: list[str]) -> str:
    text = ""
    for number, line in enumerate(lines):
        if len(text) + len(line) > _SHOWN:
            return f"{text}… and {len(lines) - number} more"
        text += f"{line}\n"
    return text.rstrip()
