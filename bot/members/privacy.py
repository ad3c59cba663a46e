"""Collect and delete what is kept about a member."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connection import Database
from bot.database.tables import audit, jobs, ratings, reports, rules, settings, styles, usage
from bot.domain.job import Removed
from bot.domain.moderation import RuleKind
from bot.domain.setting import Scope

OWN: Mapping[str, sa.Column[int]] = {
    "jobs": jobs.c.requester_id,
    "settings": settings.c.scope_id,
    "styles": styles.c.owner_id,
    "ratings": ratings.c.user_id,
    "reports": reports.c.reporter_id,
}
"""The tables with what members leave here, and the column that says whose it is."""
OF_MODERATORS: Mapping[str, str] = {"rules": "blocks", "audit": "trail"}
"""What moderators decided, by its name in a member's copy. The member cannot erase it."""
KEPT_A_DAY: Mapping[str, sa.Column[int]] = {"usage": usage.c.requester_id}
"""What counts against a member's limits after an erasure. It is deleted after a day."""

Rows = list[dict[str, Any]]


class MemberData:
    """Hold what the database has about members. It works with the bot running or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def collect(self, user_id: int) -> dict[str, Rows]:
        """Return every row about the member, by table, ready for JSON."""
        blocked = rules.c.kind == RuleKind.USER_BLOCKED, rules.c.value == str(user_id)
        wanted = {name: sa.select(column.table).where(*_mine(name, user_id)) for name, column in OWN.items()}
        wanted |= {name: sa.select(column.table).where(column == user_id) for name, column in KEPT_A_DAY.items()}
        wanted[OF_MODERATORS["rules"]] = sa.select(rules).where(*blocked)
        wanted[OF_MODERATORS["audit"]] = sa.select(audit).where(audit.c.actor_id == user_id)

        async def read(connection: AsyncConnection) -> dict[str, Rows]:
            return {
                name: [_plain(row) for row in (await connection.execute(statement)).all()]
                for name, statement in wanted.items()
            }

        return await self._database.transact(read)

    async def forget(self, user_id: int) -> int:
        """Delete what the member left here, and mark their jobs to be erased. Return how many jobs those are.

        What moderators decided stays, because otherwise nobody could be blocked.
        """
        left = [sa.delete(column.table).where(*_mine(name, user_id)) for name, column in OWN.items() if name != "jobs"]
        marked = sa.update(jobs).where(*_mine("jobs", user_id)).values(removed=Removed.ERASED)
        return await self._database.run(*left, marked)


def _mine(name: str, user_id: int) -> list[sa.ColumnElement[bool]]:
    mine: list[sa.ColumnElement[bool]] = [OWN[name] == user_id]
    return [*mine, settings.c.scope == str(Scope.USER)] if name == "settings" else mine


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    def plain(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat()
        return value.value if isinstance(value, Enum) else value

    return {name: plain(value) for name, value in row._mapping.items()}
