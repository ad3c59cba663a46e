"""Every door makes the same spec of the same request, or refuses it with the same words.

The doors are a command's options, a message's text, the command line and :func:`engine.generate`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.database.connection import Database
from bot.domain.setting import Scope
from bot.members.settings import SettingsStore
from tests.bot.requests import cases
from tests.bot.requests.cases import FAULTS, SIZES, Case, sound
from tests.bot.requests.doors import Discord, compare


@pytest.mark.parametrize(
    ("first", "count"), [(0, 40), *(pytest.param(40 + 200 * n, 200, marks=pytest.mark.soak) for n in range(5))]
)
async def test_each_door_makes_the_same_spec_of_a_sound_request(
    first: int, count: int, database: Database, tmp_path: Path
) -> None:
    for number in range(first, first + count):
        told = await compare(sound(random.Random(number)), database, tmp_path)
        assert not isinstance(told, str), told


@pytest.mark.parametrize("changed", [cases.typed_on_a_phone, cases.pasted, cases.in_ordinary_words])
@pytest.mark.parametrize(
    ("first", "count"), [(0, 40), *(pytest.param(40 + 200 * n, 200, marks=pytest.mark.soak) for n in range(5))]
)
async def test_each_door_reads_words_as_people_type_and_paste_them(
    changed: Callable[[Case, random.Random], Case], first: int, count: int, database: Database, tmp_path: Path
) -> None:
    painted = 0
    for number in range(first, first + count):
        draw = random.Random(number)
        painted += not isinstance(await compare(changed(sound(draw), draw), database, tmp_path), str)
    assert painted >= count // 3  # the others are of words that the bundle never learned


@pytest.mark.parametrize("words", ["a red car, style noir", "a red car, size 4000x4000", "a red car, bundle: noir"])
async def test_a_refusal_of_plain_words_shows_them_with_a_backslash(words: str, database: Database) -> None:
    refused = await Discord(database).message(Case(prompt=words, own={}))
    plain = words.partition(", ")[2]
    assert isinstance(refused, str) and refused.endswith(f"Write \\{plain} to paint the words themselves.")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
async def test_each_door_refuses_a_fault_with_the_same_words(seed: int, database: Database, tmp_path: Path) -> None:
    plain = Case(prompt="a red car", own={"seed": 7}, upload=random.Random(seed).choice([None, *SIZES]))
    for fault in FAULTS:
        told = await compare(fault(plain), database, tmp_path)
        assert isinstance(told, str) and told.endswith((".", "|", "256x256", "car", "night", "64x64", "128x128")), told


async def test_what_was_asked_for_comes_before_the_preset_and_that_before_what_was_set(database: Database) -> None:
    """Asked for > preset > member > channel > server > bundle."""
    door, store = Discord(database), SettingsStore(database)
    case = Case(prompt="a red car", own={"seed": 7, "preset": "weather"})
    asked = replace(case, own={**case.own, "strength": 0.5, "iterations": 9})
    await store.change(Scope.GUILD, 3, {"strength": 0.1, "iterations": 11, "size": "64x64", "style": "oil"})
    await store.change(Scope.CHANNEL, 1, {"strength": 0.2, "iterations": 12, "size": "96x96"})
    await store.change(Scope.USER, 1, {"strength": 0.3, "iterations": 13})
    for one, told in (
        (asked, (0.5, 9)),
        (case, (1.0, 400)),
        (replace(case, own={"seed": 7}), (0.3, 13)),
    ):
        outcome = await door.command(one, guild_id=3)
        assert not isinstance(outcome, str)
        spec = outcome[0]
        assert (spec.strength, spec.iterations) == told
        assert (spec.width, spec.height, spec.prompt) == (96, 96, "an oil painting of a red car")
    plain = await door.command(replace(case, own={"seed": 7, "style": "none"}), guild_id=4, channel_id=5, user_id=6)
    assert not isinstance(plain, str)
    assert (plain[0].strength, plain[0].iterations, plain[0].width, plain[0].prompt) == (0.6, 150, 128, "a red car")
