"""The rules of moderators on real databases: who may ask where, and the trail of every change."""

from __future__ import annotations

import discord
import pytest

from bot.database.connection import Database
from bot.domain.moderation import EVERYWHERE, RuleKind
from bot.domain.place import Asker, Place
from bot.errors import BadSetting, NotAllowed
from bot.moderation.desk import Desk
from bot.moderation.gate import Gate
from bot.moderation.rules import Rules
from tests.bot.conftest import ON_BOTH

pytestmark = ON_BOTH
GUILD, OTHER, MOD = 2**62, 11, 5


@pytest.fixture
def rules(database: Database) -> Rules:
    return Rules(database)


@pytest.fixture
def gate(rules: Rules) -> Gate:
    return Gate(rules)


def asker(
    user: int = 1, guild: int | None = GUILD, channels: tuple[int, ...] = (100,), roles: tuple[int, ...] = ()
) -> Asker:
    place = Place(channel_id=channels[0], guild_id=guild, within=channels[1:], permissions=discord.Permissions.none())
    return Asker(user_id=user, place=place, roles=roles)


async def test_rules_outlive_the_process_and_are_each_servers_own(rules: Rules, database: Database) -> None:
    assert await rules.add(GUILD, RuleKind.WORD, "bad", by=MOD)
    assert not await rules.add(GUILD, RuleKind.WORD, "bad", by=MOD)
    again = Rules(database)
    assert (await again.of(GUILD))[RuleKind.WORD] == ("bad",) and (await again.of(OTHER))[RuleKind.WORD] == ()
    assert await again.remove(GUILD, RuleKind.WORD, "bad", by=MOD)
    assert not await again.remove(GUILD, RuleKind.WORD, "bad", by=MOD)


async def test_every_change_is_in_the_trail_of_its_server(rules: Rules) -> None:
    await rules.add(GUILD, RuleKind.USER_BLOCKED, 7, by=MOD)
    await rules.remove(GUILD, RuleKind.USER_BLOCKED, 7, by=6)
    await rules.add(OTHER, RuleKind.WORD, "x", by=1)
    told = [(entry.actor_id, entry.action, entry.subject) for entry in await rules.trail(GUILD, 10)]
    assert told == [(6, "remove user_blocked", "7"), (MOD, "add user_blocked", "7")]
    assert len(await rules.trail(GUILD, 1)) == 1


async def test_a_block_holds_in_its_server_and_an_owners_block_everywhere(rules: Rules, gate: Gate) -> None:
    await rules.add(GUILD, RuleKind.USER_BLOCKED, 1, by=MOD)
    with pytest.raises(NotAllowed, match="moderators of this server"):
        await gate.check(asker(1))
    await gate.check(asker(1, OTHER))
    await gate.check(asker(1, None))
    await gate.check(asker(2))
    await rules.add(EVERYWHERE, RuleKind.USER_BLOCKED, 1, by=MOD)
    for guild in (OTHER, None):
        with pytest.raises(NotAllowed, match="You have been blocked"):
            await gate.check(asker(1, guild))


async def test_once_a_channel_is_allowed_others_are_not(rules: Rules, gate: Gate) -> None:
    await rules.add(GUILD, RuleKind.CHANNEL_ALLOWED, 100, by=MOD)
    await gate.check(asker(channels=(100,)))
    await gate.check(asker(channels=(555, 100)))  # a thread in it
    await gate.check(asker(guild=OTHER, channels=(101,)))
    with pytest.raises(NotAllowed, match="Ask me in <#100>"):
        await gate.check(asker(channels=(101, 9)))


async def test_the_innermost_channel_with_a_rule_decides(rules: Rules, gate: Gate) -> None:
    await rules.add(GUILD, RuleKind.CHANNEL_DENIED, 9, by=MOD)  # a category
    with pytest.raises(NotAllowed, match="not paint in this channel"):
        await gate.check(asker(channels=(100, 9)))
    await gate.check(asker(channels=(101, 8)))
    await rules.add(GUILD, RuleKind.CHANNEL_ALLOWED, 100, by=MOD)
    await gate.check(asker(channels=(100, 9)))


async def test_roles_may_be_denied_and_needed(rules: Rules, gate: Gate) -> None:
    await rules.add(GUILD, RuleKind.ROLE_DENIED, 31, by=MOD)
    await rules.add(GUILD, RuleKind.ROLE_ALLOWED, 30, by=MOD)
    await gate.check(asker(roles=(30, 40)))
    with pytest.raises(NotAllowed, match="<@&30>"):
        await gate.check(asker(roles=(40,)))
    with pytest.raises(NotAllowed, match="One of your roles"):
        await gate.check(asker(roles=(30, 31)))


async def test_the_owners_blocklist_holds_in_every_server_and_in_direct_messages(rules: Rules, gate: Gate) -> None:
    await rules.add(EVERYWHERE, RuleKind.WORD, "bad", by=MOD)
    await rules.add(GUILD, RuleKind.REGEX, "w[o0]rse", by=MOD)
    for guild in (GUILD, OTHER, None):
        with pytest.raises(NotAllowed, match="“bad”"):
            await gate.check_words("a b4d car", guild)
    with pytest.raises(NotAllowed, match="has something that is not allowed"):
        await gate.check_words("far worse", GUILD)
    await gate.check_words("far worse", OTHER)


class Jobs:
    """Nobody has any."""

    async def cancel(self, user_id: int, guild_id: int | None) -> int:
        return 0


async def test_a_blocklist_is_bounded_and_its_list_fits_a_message(
    rules: Rules, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.moderation.desk._MOST", 30)
    desk = Desk(rules, gate, Jobs())
    for number in range(30):
        await desk.block_text(GUILD, RuleKind.WORD, f"word {number} {'x' * 80}", by=MOD)
    with pytest.raises(BadSetting, match="full with 30 entries"):
        await desk.block_text(GUILD, RuleKind.WORD, "one more", by=MOD)
    text = await desk.blocked_texts(GUILD)
    assert len(text) <= 2000 and "more" in text.splitlines()[-1]
