"""Store what members think of pictures, from 1 (worst) to 5 (best) (paper §3.2, Table 1)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import jobs, ratings
from bot.domain.rating import Score, Setting


class RatingStore:
    """One rating of each member and picture; the newest counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rate(self, job_id: int, user_id: int, value: int) -> None:
        """Note what a member thinks, 1 to 5, instead of what they thought before."""
        mine = ratings.c.job_id == job_id, ratings.c.user_id == user_id
        new = {"job_id": job_id, "user_id": user_id, "value": value, "rated_at": datetime.now(UTC)}
        await self._database.run(sa.delete(ratings).where(*mine), sa.insert(ratings).values(**new))

    async def take_back(self, job_id: int, user_id: int, value: int) -> None:
        """Forget a rating, if it is this one still."""
        mine = ratings.c.job_id == job_id, ratings.c.user_id == user_id, ratings.c.value == value
        await self._database.run(sa.delete(ratings).where(*mine))

    async def scores(self, guild_id: int | None, user_id: int) -> list[Score]:
        """Return a server's ratings by setting, the most rated first; elsewhere those of this member's pictures."""
        here = jobs.c.guild_id == guild_id
        if guild_id is None:
            here = sa.and_(jobs.c.guild_id.is_(None), jobs.c.requester_id == user_id)
        spec = jobs.c.spec
        each = (
            sa.select(
                spec["bundle"].as_string().label("bundle"),
                spec["width"].as_integer().label("width"),
                spec["height"].as_integer().label("height"),
                spec["iterations"].as_integer().label("iterations"),
                jobs.c.input_hash.is_not(None).label("edited"),
                spec["prompt"].as_string().label("prompt"),
                ratings.c.job_id,
                ratings.c.value,
            )
            .join(ratings, ratings.c.job_id == jobs.c.id)
            .where(here)
            .subquery()
        )
        alike = each.c.bundle, each.c.width, each.c.height, each.c.iterations, each.c.edited, each.c.prompt
        statement = sa.select(
            *alike,
            sa.func.avg(each.c.value).label("mean"),
            sa.func.count(sa.distinct(each.c.job_id)).label("pictures"),
            sa.func.count().label("ratings"),
        ).group_by(*alike)
        return _scores(await self._database.all(statement))


def _scores(rows: Iterable[sa.Row[Any]]) -> list[Score]:
    alike: dict[Setting, list[sa.Row[Any]]] = defaultdict(list)
    for row in rows:
        size = {"width": row.width, "height": row.height}
        alike[Setting(bundle=row.bundle, **size, iterations=row.iterations, edited=bool(row.edited))].append(row)
    scores = [
        Score(
            setting=setting,
            prompts={row.prompt: float(row.mean) for row in found},
            pictures=sum(row.pictures for row in found),
            ratings=sum(row.ratings for row in found),
        )
        for setting, found in alike.items()
    ]
    return sorted(scores, key=lambda score: (-score.ratings, str(score.setting)))
