"""What is kept of a member: counted, handed out, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.jobs import Removed
from bot.moderation.tables import RuleKind, audit, rules
from bot.settings import Scope
from bot.store import jobs, metadata, settings, transact

OWN: Mapping[str, str] = {
    "jobs": "requester_id",
    "settings": "scope_id",
    "styles": "owner_id",
    "ratings": "user_id",
    "reports": "reporter_id",
}
"""The tables with what members leave here by themselves, and the column that says whose it is."""
OF_MODERATORS: Mapping[str, str] = {"rules": "blocks", "audit": "trail"}
"""What moderators decided, by the name under which a member gets it: handed out, and not theirs to erase."""

Rows = list[dict[str, Any]]


class Privacy:
    """Works on the database alone, with the bot running or not; :class:`bot.removal.Removal` does the rest."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def collect(self, user_id: int) -> dict[str, Rows]:
        """Every row that is about the member, by table, ready for JSON."""
        blocked = rules.c.kind == RuleKind.USER_BLOCKED, rules.c.value == str(user_id)
        wanted = {name: sa.select(table).where(*mine) for name, (table, mine) in _own(user_id).items()}
        wanted[OF_MODERATORS["rules"]] = sa.select(rules).where(*blocked)
        wanted[OF_MODERATORS["audit"]] = sa.select(audit).where(audit.c.actor_id == user_id)

        async def read(connection: AsyncConnection) -> dict[str, Rows]:
            return {
                name: [_plain(row) for row in (await connection.execute(statement)).all()]
                for name, statement in wanted.items()
            }

        return await transact(self._engine, read)

    async def forget(self, user_id: int) -> int:
        """Delete all that the member left here but the jobs, which are marked to be erased; how many those are.

        What moderators decided stays, or nobody could be blocked.
        """
        own = _own(user_id)
        mine = jobs.c.requester_id == user_id

        async def write(connection: AsyncConnection) -> int:
            for name, (table, conditions) in own.items():
                if name != "jobs":
                    await connection.execute(sa.delete(table).where(*conditions))
            marked = sa.update(jobs).where(mine).values(removed=Removed.ERASED).returning(jobs.c.id)
            return len((await connection.execute(marked)).all())

        return await transact(self._engine, write)


def _own(user_id: int) -> dict[str, tuple[sa.Table, list[sa.ColumnElement[bool]]]]:
    found = {}
    for name, column in OWN.items():
        if (table := metadata.tables.get(name)) is not None:
            found[name] = (table, [table.c[column] == user_id])
    found["settings"][1].append(settings.c.scope == str(Scope.USER))
    return found


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        return value.value if isinstance(value, Enum) else value

    return {name: plain(value) for name, value in row._mapping.items()}
