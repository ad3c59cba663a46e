"""Whether a member may have this painted here."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from bot.errors import NotAllowed
from bot.moderation import blocklist
from bot.moderation.blocklist import Hit
from bot.moderation.rules import EVERYWHERE, RuleKind, Rules

BLOCKED_HERE = "The moderators of this server have blocked you from using me here."
BLOCKED = "You have been blocked from using me."
TOO_SLOW = "I could not check that prompt in time. Please write it shorter and simpler."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks and where; ``channels`` are the channel or thread with what it is in, innermost first."""

    user_id: int
    guild_id: int | None
    channels: tuple[int, ...]
    roles: Collection[int] = ()


class Gate:
    """Applies the owners' rules everywhere and a server's in it."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def check(self, asker: Asker) -> None:
        """Raises :class:`NotAllowed` for a blocked member, a closed channel or a role that may not."""
        await self.check_member(asker.user_id, asker.guild_id)
        if asker.guild_id is None:
            return
        await self._check_channel(asker, asker.guild_id)
        await self._check_roles(asker, asker.guild_id)

    async def check_member(self, user_id: int, guild_id: int | None) -> None:
        """Raises :class:`NotAllowed` for a blocked member."""
        if user_id in await self._rules.ids(EVERYWHERE, RuleKind.USER_BLOCKED):
            raise NotAllowed(BLOCKED)
        if guild_id is not None and user_id in await self._rules.ids(guild_id, RuleKind.USER_BLOCKED):
            raise NotAllowed(BLOCKED_HERE)

    async def _check_channel(self, asker: Asker, guild_id: int) -> None:
        open_to = await self._rules.ids(guild_id, RuleKind.CHANNEL_ALLOWED)
        closed = await self._rules.ids(guild_id, RuleKind.CHANNEL_DENIED)
        # The innermost channel with a rule decides: a channel may be open in a closed category.
        ruled = next((one for one in asker.channels if one in open_to | closed), None)
        if ruled in closed or (ruled is None and open_to):
            where = " ".join(f"<#{one}>" for one in sorted(open_to)[:5])
            raise NotAllowed("I may not paint in this channel." + (f" Ask me in {where}" if where else ""))

    async def _check_roles(self, asker: Asker, guild_id: int) -> None:
        if (await self._rules.ids(guild_id, RuleKind.ROLE_DENIED)).intersection(asker.roles):
            raise NotAllowed("Members with one of your roles may not use me in this server.")
        needed = await self._rules.ids(guild_id, RuleKind.ROLE_ALLOWED)
        if needed and not needed.intersection(asker.roles):
            names = " or ".join(f"<@&{one}>" for one in sorted(needed)[:5])
            raise NotAllowed(f"In this server only members with the role {names} may use me.")

    async def check_words(self, text: str, guild_id: int | None) -> None:
        """Raises :class:`NotAllowed` when ``text`` has something blocked; names it only where it is a plain word."""
        if (hit := await self.find(text, guild_id)) is None:
            return
        if hit.timed_out:
            raise NotAllowed(TOO_SLOW)
        what = f"“{hit.value}”" if hit.kind is RuleKind.WORD else "something"
        raise NotAllowed(f"That prompt has {what} that is not allowed here. Please leave it out.")

    async def find(self, text: str, guild_id: int | None) -> Hit | None:
        """What of the owners' or the server's blocklist is in ``text``."""
        for scope in (EVERYWHERE, guild_id):
            if scope is None:
                continue
            values = await self._rules.of(scope)
            words, expressions = values[RuleKind.WORD], values[RuleKind.REGEX]
            if (words or expressions) and (hit := await asyncio.to_thread(blocklist.search, text, words, expressions)):
                return hit
        return None
