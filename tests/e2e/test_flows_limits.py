"""Quotas by member, role and server, priority roles, and what is said when a limit is reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.job import State
from sandbox import Channel, Member, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
def eve(studio: Studio) -> Member:
    """She may manage the server."""
    role = studio.guild.create_role("moderator", permissions=int(Permissions.MANAGE_GUILD))
    return studio.guild.add_member("eve", roles=(role,))


async def run(member: Member, channel: Channel, command: str, **options: Any) -> str:
    return await (await member.slash(channel, command, **options)).text()


async def restart(studio: Studio, **sections: dict[str, Any]) -> None:
    """With other settings of the operator."""
    await studio.stop()
    changed = {name: getattr(studio.config, name).model_copy(update=values) for name, values in sections.items()}
    studio.config = studio.config.model_copy(update=changed)
    await studio.start()


async def test_the_servers_daily_quota_says_when_there_is_room_again(studio: Studio, eve: Member) -> None:
    await run(eve, studio.channel, "settings server", max_per_day=1)
    assert "**max_per_day** 1" in await run(studio.ada, studio.channel, "settings show")
    assert "(#" in await run(studio.ada, studio.channel, "imagine", prompt="a car")
    await studio.final()
    refused = await run(studio.ada, studio.channel, "imagine", prompt="a boat")
    assert refused.startswith("You asked for 1 picture in the last 24 hours")
    assert re.search(r"There is room again <t:\d+:R>\.$", refused)
    assert "(#" in await run(studio.bob, studio.channel, "imagine", prompt="a boat")
    direct = await studio.ada.open_dm()
    assert "(#" in await run(studio.ada, direct, "imagine", prompt="a boat")


async def test_a_role_raises_a_quota_and_reactions_and_replies_count_alike(studio: Studio, eve: Member) -> None:
    artists = studio.guild.create_role("artists")
    cai = studio.guild.add_member("cai", roles=(artists,))
    await run(eve, studio.channel, "settings server", max_per_day=1)
    assert "**max_per_day** 3" in await run(eve, studio.channel, "settings role", role=artists, max_per_day=3)
    await run(cai, studio.channel, "imagine", prompt="a car")
    final = await studio.final()
    await cai.react(final, "🔁")
    again = await studio.final(2)
    await cai.say(final.channel, ".edit a boat", reply_to=final)
    await studio.final(3)
    await cai.react(again, "⬆️")
    refusal = await studio.card("that is the most for one member")
    assert refusal.channel is final.channel and "asked for 3 pictures" in refusal.content
    assert "Manage Server" in await run(cai, studio.channel, "settings role", role=artists, max_per_day=9)


async def test_pixels_and_iterations_are_bounded_by_the_server(studio: Studio, eve: Member) -> None:
    await run(eve, studio.channel, "settings server", max_pixels=2048, max_iterations=3)
    assert "up to 2,048 here" in await run(studio.ada, studio.channel, "imagine", prompt="a car", size="64x64")
    assert "Choose from 1 to 3" in await run(studio.ada, studio.channel, "imagine", prompt="a car", iterations=4)
    await run(studio.ada, studio.channel, "imagine", prompt="a car")
    await studio.final()
    spec = studio.engine.starts[0].spec
    assert spec.width * spec.height <= 2048 and spec.iterations == 3


async def test_every_limit_of_a_role_holds_for_its_members(studio: Studio, eve: Member) -> None:
    novices = studio.guild.create_role("novices")
    dan = studio.guild.add_member("dan", roles=(novices,))
    limits = {"max_pixels": 4096, "max_iterations": 3, "max_queued": 1, "max_running": 1}
    told = await run(eve, studio.channel, "settings role", role=novices, **limits)
    assert all(f"**{name}** {value}" in told for name, value in limits.items())
    assert "up to 4,096 here" in await run(dan, studio.channel, "imagine", prompt="a car", size="64x128")
    assert "Choose from 1 to 3" in await run(dan, studio.channel, "imagine", prompt="a car", iterations=4)
    studio.engine.holding = True
    assert "(#" in await run(dan, studio.channel, "imagine", prompt="car 0")
    await studio.begun(1)
    assert "(#" in await run(dan, studio.channel, "imagine", prompt="car 1")
    assert "You already have 1 picture waiting" in await run(dan, studio.channel, "imagine", prompt="car 2")
    assert "(#" in await run(studio.ada, studio.channel, "imagine", prompt="a bus", size="64x128")
    await studio.begun(2)
    assert [start.spec.prompt for start in studio.engine.starts] == ["car 0", "a bus"]


async def test_whoever_has_as_many_running_as_allowed_waits_in_line(studio: Studio, eve: Member) -> None:
    await run(eve, studio.channel, "settings server", max_running=1)
    studio.engine.holding = True
    for _ in range(2):
        assert "(#" in await run(studio.ada, studio.channel, "imagine", prompt="a car")
    await studio.begun(1)
    await run(studio.bob, studio.channel, "imagine", prompt="a boat")
    await studio.begun(2)
    assert [start.spec.prompt for start in studio.engine.starts] == ["a car", "a boat"]
    studio.engine.holding = False
    await studio.final(3)


async def test_a_priority_role_is_served_before_others_who_asked_first(studio: Studio, eve: Member) -> None:
    first = studio.guild.create_role("first")
    cai = studio.guild.add_member("cai", roles=(first,))
    assert "**weight** 5" in await run(eve, studio.channel, "settings role", role=first, weight=5.0)
    await studio.fill_the_line()
    await run(studio.bob, studio.channel, "imagine", prompt="a boat")
    await run(cai, studio.channel, "imagine", prompt="a flower")
    studio.engine.holding = False
    await studio.final(7)
    assert [start.spec.prompt for start in studio.engine.starts][2:4] == ["a flower", "a boat"]


async def test_the_operators_bounds_hold_whatever_the_server_sets(studio: Studio, eve: Member) -> None:
    await restart(studio, quotas={"max_per_day": 1})
    await run(eve, studio.channel, "settings server", max_per_day=50)
    await run(studio.ada, studio.channel, "imagine", prompt="a car")
    assert "asked for 1 picture" in await run(studio.ada, studio.channel, "imagine", prompt="a car")


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"quotas": {"guild_max_queued": 2}}, "This server already has 2 pictures waiting"),
        ({"quotas": {"guild_max_per_day": 4}}, "This server asked for 4 pictures in the last 24 hours"),
        ({"queue": {"max_waiting": 2}}, "The line is full, with 2 pictures waiting."),
    ],
)
async def test_what_one_server_and_the_whole_line_may_have(
    studio: Studio, sections: dict[str, dict[str, Any]], told: str
) -> None:
    await restart(studio, **sections)
    studio.engine.holding = True
    for number in range(4):
        assert "(#" in await run(studio.ada, studio.channel, "imagine", prompt=f"car {number}")
        await studio.begun(min(number + 1, 2))
    assert told in await run(studio.bob, studio.channel, "imagine", prompt="a boat")
    assert (await studio.bot.queue.counts())[State.QUEUED] == 2


async def test_one_servers_running_pictures_are_bounded_by_the_operator(studio: Studio) -> None:
    await restart(studio, quotas={"guild_max_running": 1})
    studio.engine.holding = True
    for member in (studio.ada, studio.bob):
        await run(member, studio.channel, "imagine", prompt="a car")
    direct = await studio.ada.open_dm()
    await run(studio.ada, direct, "imagine", prompt="a boat")
    await studio.begun(2)
    assert [start.spec.prompt for start in studio.engine.starts] == ["a car", "a boat"]


async def test_times_are_told_once_a_speed_was_measured(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "imagine", prompt="a car")
    await studio.final()
    await studio.fill_the_line(begun=1)
    for place in (
        "Next in line",
        "1 ahead of it in line",
        "2 ahead of it in line",
    ):  # reckoned a moment after the job has come
        assert await studio.card(f"{place} · begins <t:")
    text = await run(studio.ada, studio.channel, "queue")
    assert len(re.findall(r"(begins|done) <t:\d+:R>", text)) == 5
    refused = await run(studio.ada, studio.channel, "imagine", prompt="one more")
    assert "You already have 3 pictures waiting" in refused and re.search(r"room again <t:\d+:R>", refused)


async def test_large_jobs_take_the_slow_lane(studio: Studio) -> None:
    await restart(studio, fairness={"large_seconds": 1e-6, "large_at_once": 1})
    studio.engine.holding = True
    for member in (studio.ada, studio.bob):
        await run(member, studio.channel, "imagine", prompt="a car")
    await studio.begun(1)
    await studio.settled()
    assert len(studio.engine.starts) == 1  # of the engine's two slots one stays free for small ones
