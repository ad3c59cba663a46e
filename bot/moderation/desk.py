"""Do what moderators and owners order, and answer them."""

from typing import Protocol

from bot.domain.moderation import EVERYWHERE, RuleKind
from bot.errors import BadSetting
from bot.moderation import blocklist
from bot.moderation.gate import Gate
from bot.moderation.rules import Rules
from bot.texts import moderation

_MOST = 500  # words and expressions of one scope: each prompt is held against all
_OPPOSITE = {
    RuleKind.CHANNEL_ALLOWED: RuleKind.CHANNEL_DENIED,
    RuleKind.CHANNEL_DENIED: RuleKind.CHANNEL_ALLOWED,
    RuleKind.ROLE_ALLOWED: RuleKind.ROLE_DENIED,
    RuleKind.ROLE_DENIED: RuleKind.ROLE_ALLOWED,
}


class Canceller(Protocol):
    """Cancels a member's jobs."""

    async def cancel(self, user_id: int, guild_id: int | None) -> int: ...


class Desk:
    """``scope`` is a server's id or ``EVERYWHERE``, and ``by`` is the moderator."""

    def __init__(self, rules: Rules, gate: Gate, jobs: Canceller) -> None:
        self.rules = rules
        self.gate = gate
        self._jobs = jobs

    async def block_text(self, scope: int, kind: RuleKind, text: str, *, by: int) -> str:
        """Block a word or an expression. Raises :class:`BadSetting`."""
        value = blocklist.check_word(text) if kind is RuleKind.WORD else blocklist.check_regex(text)
        values = await self.rules.of(scope)
        if len(values[RuleKind.WORD]) + len(values[RuleKind.REGEX]) >= _MOST:
            raise BadSetting(moderation.full(_MOST))
        added = await self.rules.add(scope, kind, value, by=by)
        return moderation.text_blocked(value, added=added)

    async def unblock_text(self, scope: int, text: str, *, by: int) -> str:
        for kind in (RuleKind.WORD, RuleKind.REGEX):
            if await self.rules.remove(scope, kind, text, by=by):
                return moderation.text_unblocked(text)
        raise BadSetting(moderation.text_unknown(text))

    async def blocked_texts(self, scope: int) -> str:
        values = await self.rules.of(scope)
        return moderation.blocklist(values[RuleKind.WORD], values[RuleKind.REGEX])

    async def suggest(self, scope: int, typed: str) -> list[str]:
        """Return the entries of the blocklist that contain what was typed."""
        values = await self.rules.of(scope)
        return [one for one in values[RuleKind.WORD] + values[RuleKind.REGEX] if typed.casefold() in one.casefold()]

    async def try_text(self, scope: int, text: str) -> str:
        """Say whether a prompt would be painted, or what stops it."""
        hit = await self.gate.find(text, None if scope == EVERYWHERE else scope)
        return moderation.WOULD_BE_PAINTED if hit is None else moderation.would_be_refused(hit)

    async def block_user(self, scope: int, user_id: int, *, by: int) -> str:
        """Block a user, and cancel what they have waiting or running there."""
        added = await self.rules.add(scope, RuleKind.USER_BLOCKED, user_id, by=by)
        cancelled = await self._jobs.cancel(user_id, None if scope == EVERYWHERE else scope)
        return moderation.user_blocked(user_id, added=added, cancelled=cancelled)

    async def unblock_user(self, scope: int, user_id: int, *, by: int) -> str:
        removed = await self.rules.remove(scope, RuleKind.USER_BLOCKED, user_id, by=by)
        return moderation.user_unblocked(user_id, removed=removed)

    async def rule(self, scope: int, kind: RuleKind | None, kinds: tuple[RuleKind, ...], value: int, *, by: int) -> str:
        """Set ``kind`` for a channel or role, and clear the others of ``kinds``. None clears all."""
        for other in kinds:
            if other is not kind:
                await self.rules.remove(scope, other, value, by=by)
        if kind is None:
            return moderation.NO_RULE_LEFT
        await self.rules.add(scope, kind, value, by=by)
        return moderation.MEANINGS[kind]

    async def overview(self, scope: int) -> str:
        """Write all rules, and how many entries the blocklist has."""
        return moderation.overview(await self.rules.of(scope))

    async def trail(self, scope: int, limit: int = 15) -> str:
        return moderation.trail(await self.rules.trail(scope, limit))
