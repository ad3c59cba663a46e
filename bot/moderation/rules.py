"""Store the rules of servers and owners, and the trail of who changed what."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import audit, rules
from bot.domain.moderation import Entry, RuleKind

RuleValues = Mapping[RuleKind, tuple[str, ...]]


class Rules:
    """The rules, kept in memory once read. Every change is noted in the trail.

    ``guild_id`` is a server's, or :data:`EVERYWHERE`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, RuleValues] = {}

    async def of(self, guild_id: int) -> RuleValues:
        """Return the values of each kind, oldest first."""
        if guild_id not in self._known:
            statement = sa.select(rules.c.kind, rules.c.value).where(rules.c.guild_id == guild_id).order_by(rules.c.id)
            found: dict[RuleKind, list[str]] = defaultdict(list)
            for row in await self._database.all(statement):
                found[RuleKind(row.kind)].append(row.value)
            self._known[guild_id] = {kind: tuple(found.get(kind, ())) for kind in RuleKind}
        return self._known[guild_id]

    async def ids(self, guild_id: int, kind: RuleKind) -> frozenset[int]:
        """Return the ids of a kind of rule about users, channels or roles."""
        return frozenset(int(value) for value in (await self.of(guild_id))[kind])

    async def add(self, guild_id: int, kind: RuleKind, value: object, *, by: int) -> bool:
        """Add a rule. Return False when it exists already."""
        if str(value) in (await self.of(guild_id))[kind]:
            return False
        now = datetime.now(UTC)
        added = sa.insert(rules).values(guild_id=guild_id, kind=kind, value=str(value), added_by=by, added_at=now)
        await self._change(guild_id, added, by, f"add {kind}", str(value))
        return True

    async def remove(self, guild_id: int, kind: RuleKind, value: object, *, by: int) -> bool:
        """Remove a rule. Return False when there is none."""
        if str(value) not in (await self.of(guild_id))[kind]:
            return False
        mine = rules.c.guild_id == guild_id, rules.c.kind == kind, rules.c.value == str(value)
        await self._change(guild_id, sa.delete(rules).where(*mine), by, f"remove {kind}", str(value))
        return True

    async def note(self, guild_id: int, by: int, action: str, subject: str) -> None:
        """Note something in the trail that changes no rule."""
        await self._database.run(_noted(guild_id, by, action, subject))

    async def trail(self, guild_id: int, limit: int) -> list[Entry]:
        """Return the last entries, newest first."""
        statement = sa.select(audit).where(audit.c.guild_id == guild_id).order_by(audit.c.id.desc()).limit(limit)
        return [
            Entry(at=row.at, guild_id=row.guild_id, actor_id=row.actor_id, action=row.action, subject=row.subject)
            for row in await self._database.all(statement)
        ]

    async def _change(self, guild_id: int, change: sa.Executable, by: int, action: str, subject: str) -> None:
        await self._database.run(change, _noted(guild_id, by, action, subject))
        self._known.pop(guild_id, None)


def _noted(guild_id: int, actor_id: int, action: str, subject: str) -> sa.Insert:
    values = {"guild_id": guild_id, "actor_id": actor_id, "action": action[:32], "subject": subject[:300]}
    return sa.insert(audit).values(at=datetime.now(UTC), **values)
