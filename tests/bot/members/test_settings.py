"""Settings by scope: whose counts, what is refused, and how the quotas of a member come about."""

from __future__ import annotations

from typing import Any

import pytest

from bot.database.connection import Database
from bot.domain.setting import ALLOWED, Scope, Values
from bot.errors import BadSetting
from bot.members.settings import SettingsStore

USER, CHANNEL, GUILD, ROLE, OTHER_ROLE = 1, 2, 3, 4, 5


@pytest.fixture
def store(database: Database) -> SettingsStore:
    return SettingsStore(database)


async def test_what_is_set_is_kept_and_what_is_none_is_forgotten(store: SettingsStore) -> None:
    assert await store.get(Scope.USER, USER) == Values()
    await store.change(Scope.USER, USER, {"size": "128x96", "strength": 0.5})
    assert await store.change(Scope.USER, USER, {"size": None, "iterations": 7}) == Values(strength=0.5, iterations=7)
    assert await store.get(Scope.USER, 99) == Values() == await store.get(Scope.CHANNEL, USER)
    await store.clear(Scope.USER, USER)
    assert await store.get(Scope.USER, USER) == Values()


async def test_the_members_own_preference_comes_before_the_channels_and_the_servers(store: SettingsStore) -> None:
    await store.change(Scope.GUILD, GUILD, {"size": "64x64", "style": "sketch", "iterations": 9})
    await store.change(Scope.CHANNEL, CHANNEL, {"size": "96x96", "iterations": 8})
    await store.change(Scope.USER, USER, {"size": "128x128"})
    assert await store.preferences(USER, CHANNEL, GUILD) == {
        "size": ("128x128", Scope.USER),
        "iterations": (8, Scope.CHANNEL),
        "style": ("sketch", Scope.GUILD),
    }
    assert await store.preferences(USER, 99, None) == {"size": ("128x128", Scope.USER)}


@pytest.mark.parametrize(
    ("scope", "values", "told"),
    [
        (Scope.USER, {"strength": 2}, "I cannot use “2” for strength \\(how far an edit goes"),
        (Scope.USER, {"size": "big"}, "I cannot use “big”"),
        (Scope.USER, {"max_per_day": 3}, "A user has no setting “max_per_day”"),
        (Scope.ROLE, {"weight": 100}, "for weight \\(share of the engines"),
        (Scope.GUILD, {"weight": 2}, "A guild has no setting"),
        (Scope.GUILD, {"max_queued": -1}, "I cannot use “-1” for max_queued"),
    ],
)
async def test_a_bad_value_is_refused_and_changes_nothing(
    store: SettingsStore, scope: Scope, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadSetting, match=told):
        await store.change(scope, 1, {next(iter(ALLOWED[scope])): None, **values})
    assert await store.get(scope, 1) == Values()


async def test_the_most_generous_role_counts_and_no_limit_is_the_most_generous(store: SettingsStore) -> None:
    await store.change(Scope.GUILD, GUILD, {"max_per_day": 5, "max_queued": 2})
    await store.change(Scope.ROLE, ROLE, {"max_per_day": 10, "weight": 0.5, "max_running": 1})
    await store.change(Scope.ROLE, OTHER_ROLE, {"max_per_day": 20, "weight": 3, "max_running": 0})
    assert await store.quotas(GUILD, []) == Values(max_per_day=5, max_queued=2)
    assert await store.quotas(GUILD, [ROLE]) == Values(max_per_day=10, max_queued=2, max_running=1, weight=0.5)
    both = await store.quotas(GUILD, [ROLE, OTHER_ROLE, 99])
    assert both == Values(max_per_day=20, max_queued=2, max_running=0, weight=3)
    assert await store.quotas(None, [ROLE]) == Values()
