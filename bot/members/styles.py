"""Store members' styles, beside the built-in ones."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connection import Database
from bot.database.tables import styles
from bot.domain.style import Style
from bot.errors import BadSetting, refusing
from bot.texts import refusals
from engine.messages.styles import BUILT_IN as STYLES
from engine.messages.styles import named, slug

MOST = 50  # styles of one member
_LONGEST_WORDS = 300


BUILT_IN = tuple(
    Style(id=-number, owner_id=0, name=name, words=words) for number, (name, words) in enumerate(STYLES.items(), 1)
)


class StyleStore:
    """A member sees their own styles, then those shared with the server, then the built-in ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, user_id: int, guild_id: int | None) -> list[Style]:
        """Return the styles that the member can use there, each name once."""
        seen = styles.c.owner_id == user_id
        if guild_id is not None:
            seen = sa.or_(seen, styles.c.guild_id == guild_id)
        rank = sa.case((styles.c.owner_id == user_id, 0), else_=1)
        found = await self._many(sa.select(styles).where(seen).order_by(rank, styles.c.name, styles.c.id))
        by_name: dict[str, Style] = {}
        for style in (*found, *BUILT_IN):
            by_name.setdefault(style.name, style)
        return list(by_name.values())

    async def find(self, name: str, user_id: int, guild_id: int | None) -> Style:
        """Return the style of that name. Raises :class:`BadSetting` if the member has none there."""
        known = {style.name: style for style in await self.all(user_id, guild_id)}
        with refusing():
            return known[named(name, known)]

    async def own(self, name: str, owner_id: int) -> Style | None:
        """Return the member's own style of that name."""
        mine = styles.c.owner_id == owner_id, styles.c.name == slug(name)
        return next(iter(await self._many(sa.select(styles).where(*mine))), None)

    async def save(self, owner_id: int, name: str, words: str, guild_id: int | None = None) -> Style:
        """Save a style, or change the one of that name, and share it with that server alone. Raises ``BadSetting``."""
        name, words = slug(name), " ".join(words.split())
        if not name:
            raise BadSetting(refusals.NO_STYLE_NAME)
        if not words or len(words) > _LONGEST_WORDS:
            raise BadSetting(refusals.style_words(_LONGEST_WORDS))
        mine = styles.c.owner_id == owner_id
        new = {"words": words, "guild_id": guild_id}

        async def write(connection: AsyncConnection) -> Style:
            again = sa.update(styles).where(mine, styles.c.name == name).values(**new).returning(styles)
            if row := (await connection.execute(again)).first():
                return _style(row)
            if (await connection.scalar(sa.select(sa.func.count()).where(mine)) or 0) >= MOST:
                raise BadSetting(refusals.too_many_styles(MOST))
            first = sa.insert(styles).values(owner_id=owner_id, name=name, created_at=datetime.now(UTC), **new)
            return _style((await connection.execute(first.returning(styles))).one())

        return await self._database.transact(write)

    async def share(self, style: Style, guild_id: int | None) -> None:
        """Share a style with a server, or with none."""
        await self._database.run(sa.update(styles).where(styles.c.id == style.id).values(guild_id=guild_id))

    async def delete(self, style: Style) -> None:
        """Delete a style. Its pictures stay."""
        await self._database.run(sa.delete(styles).where(styles.c.id == style.id))

    async def _many(self, statement: sa.Executable) -> list[Style]:
        return [_style(row) for row in await self._database.all(statement)]


def _style(row: sa.Row[Any]) -> Style:
    return Style(id=row.id, owner_id=row.owner_id, name=row.name, words=row.words, guild_id=row.guild_id)
