"""Store the settings of members, channels, servers and roles.

A *preference* fills in what a command leaves open: the member's first, then the channel's, then the server's. A *quota*
bounds what a member may ask for: the most generous of the member's roles counts, else the server's.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from bot.database.connection import Database
from bot.database.tables import settings
from bot.domain.setting import ALLOWED, PREFERENCES, QUOTAS, Scope, Scoped, Values
from bot.errors import BadSetting
from bot.texts import refusals

_ORDER = (Scope.USER, Scope.CHANNEL, Scope.GUILD)


class SettingsStore:
    """Settings by scope. A quota of 0 is no limit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, scope: Scope, scope_id: int) -> Values:
        """Return what is set in this scope alone."""
        return (await self.read([(scope, scope_id)])).get((scope, scope_id), Values())

    async def read(self, scopes: Collection[Scoped]) -> dict[Scoped, Values]:
        """Return what is set in these scopes. Empty ones are left out."""
        wanted = sa.tuple_(settings.c.scope, settings.c.scope_id).in_([(str(scope), id_) for scope, id_ in scopes])
        found: dict[Scoped, dict[str, Any]] = {}
        for row in await self._database.all(sa.select(settings).where(wanted)):
            found.setdefault((Scope(row.scope), row.scope_id), {})[row.name] = row.value
        return {key: Values.model_validate(values) for key, values in found.items()}

    async def change(self, scope: Scope, scope_id: int, values: Mapping[str, Any]) -> Values:
        """Set these values, forget those that are None, and return what is set then.

        Raises :class:`BadSetting` for a value out of range, and for a setting that the scope does not have.
        """
        _check(scope, values)
        mine = settings.c.scope == str(scope), settings.c.scope_id == scope_id
        kept = [
            {"scope": str(scope), "scope_id": scope_id, "name": name, "value": value}
            for name, value in values.items()
            if value is not None
        ]
        old = sa.delete(settings).where(*mine, settings.c.name.in_(values.keys()))
        await self._database.run(old, *([sa.insert(settings).values(kept)] if kept else []))
        return await self.get(scope, scope_id)

    async def clear(self, scope: Scope, scope_id: int) -> None:
        """Forget all settings of this scope."""
        await self.change(scope, scope_id, dict.fromkeys(ALLOWED[scope]))

    async def preferences(self, user_id: int, channel_id: int, guild_id: int | None) -> dict[str, tuple[Any, Scope]]:
        """Return the preferences of a member there, each with the scope that it comes from."""
        ids = {Scope.USER: user_id, Scope.CHANNEL: channel_id, Scope.GUILD: guild_id}
        scopes = [(scope, id_) for scope in _ORDER if (id_ := ids[scope]) is not None]
        found = await self.read(scopes)
        held: dict[str, tuple[Any, Scope]] = {}
        for key in scopes:
            for name in PREFERENCES:
                value = getattr(found.get(key, Values()), name)
                if value is not None:
                    held.setdefault(name, (value, key[0]))
        return held

    async def quotas(self, guild_id: int | None, role_ids: Collection[int]) -> Values:
        """Return the quotas and the weight of a member with these roles, before the operator's bounds."""
        if guild_id is None:
            return Values()
        found = await self.read([(Scope.GUILD, guild_id), *((Scope.ROLE, id_) for id_ in role_ids)])
        server = found.pop((Scope.GUILD, guild_id), Values())
        roles = list(found.values())
        quotas = {name: most_generous([getattr(role, name) for role in roles]) for name in QUOTAS}
        quotas = {name: getattr(server, name) if value is None else value for name, value in quotas.items()}
        weights = [role.weight for role in roles if role.weight is not None]
        return Values.model_validate({**quotas, "weight": max(weights, default=None)})


def most_generous(limits: Iterable[int | None]) -> int | None:
    """Return the highest limit that is set, where 0 is no limit, or None."""
    known = [limit for limit in limits if limit is not None]
    return None if not known else 0 if 0 in known else max(known)


def _check(scope: Scope, values: Mapping[str, Any]) -> None:
    if strange := [name for name in values if name not in ALLOWED[scope]]:
        raise BadSetting(refusals.not_set_in(strange[0], scope, ALLOWED[scope]))
    try:
        Values.model_validate(dict(values))
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = str(wrong["loc"][0])
        about = Values.model_fields[name].description or ""
        raise BadSetting(refusals.cannot_be_set(name, about, wrong["input"], wrong["msg"])) from None
