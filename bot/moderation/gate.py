"""Check whether a member may paint here, and with these words."""

import asyncio

from bot.domain.moderation import EVERYWHERE, Hit, RuleKind
from bot.domain.place import Asker
from bot.errors import NotAllowed
from bot.moderation import blocklist
from bot.moderation.rules import Rules
from bot.texts import moderation

_NAMED = 5  # channels or roles, in a refusal


class Gate:
    """Apply the owners' rules everywhere, and a server's rules in that server."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def check(self, asker: Asker) -> None:
        """Raise :class:`NotAllowed` for a blocked member, a closed channel or a denied role."""
        await self.check_member(asker.user_id, asker.guild_id)
        if asker.guild_id is None:
            return
        await self._check_channel(asker, asker.guild_id)
        await self._check_roles(asker, asker.guild_id)

    async def check_member(self, user_id: int, guild_id: int | None) -> None:
        """Raise :class:`NotAllowed` for a blocked member."""
        if user_id in await self._rules.ids(EVERYWHERE, RuleKind.USER_BLOCKED):
            raise NotAllowed(moderation.BLOCKED)
        if guild_id is not None and user_id in await self._rules.ids(guild_id, RuleKind.USER_BLOCKED):
            raise NotAllowed(moderation.BLOCKED_HERE)

    async def _check_channel(self, asker: Asker, guild_id: int) -> None:
        open_to = await self._rules.ids(guild_id, RuleKind.CHANNEL_ALLOWED)
        closed = await self._rules.ids(guild_id, RuleKind.CHANNEL_DENIED)
        # The innermost channel with a rule decides: a channel may be open in a closed category.
        ruled = next((one for one in asker.channels if one in open_to | closed), None)
        if ruled in closed or (ruled is None and open_to):
            raise NotAllowed(moderation.channel_closed(sorted(open_to)[:_NAMED]))

    async def _check_roles(self, asker: Asker, guild_id: int) -> None:
        if (await self._rules.ids(guild_id, RuleKind.ROLE_DENIED)).intersection(asker.roles):
            raise NotAllowed(moderation.ROLE_DENIED)
        needed = await self._rules.ids(guild_id, RuleKind.ROLE_ALLOWED)
        if needed and not needed.intersection(asker.roles):
            raise NotAllowed(moderation.role_needed(sorted(needed)[:_NAMED]))

    async def check_words(self, text: str, guild_id: int | None, *, of: str = "prompt") -> None:
        """Raise :class:`NotAllowed` if ``text`` has something blocked; ``of`` names the text, such as “prompt”."""
        if (hit := await self.find(text, guild_id)) is not None:
            raise NotAllowed(moderation.word_blocked(hit, of))

    async def find(self, text: str, guild_id: int | None) -> Hit | None:
        """Return what ``text`` has of the owners' or the server's blocklist."""
        for scope in (EVERYWHERE, guild_id):
            if scope is None:
                continue
            values = await self._rules.of(scope)
            words, expressions = values[RuleKind.WORD], values[RuleKind.REGEX]
            if (words or expressions) and (hit := await asyncio.to_thread(blocklist.search, text, words, expressions)):
                return hit
        return None
