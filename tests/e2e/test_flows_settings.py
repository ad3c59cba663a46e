"""/settings: what commands use where a member leaves something open, and who may set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import Channel, Member, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
def eve(studio: Studio) -> Member:
    """She may manage the server."""
    role = studio.guild.create_role("moderator", permissions=int(Permissions.MANAGE_GUILD))
    return studio.guild.add_member("eve", roles=(role,))


async def run(member: Member, channel: Channel, command: str, **options: object) -> str:
    """The answer, which nobody else sees."""
    answer = await member.slash(channel, command, **options)
    text = await answer.text()
    assert text == answer.ephemeral_text
    return text


async def test_ones_own_settings_hold_before_the_channels_and_the_servers(studio: Studio, eve: Member) -> None:
    await run(eve, studio.channel, "settings server", size="32x32", iterations=9, style="oil", strength=0.3)
    await run(eve, studio.channel, "settings channel", size="48x48", iterations=8, bundle="starter")
    assert await run(studio.ada, studio.channel, "settings mine", size="64 x 32") == "Set for you:\n**size** 64x32"
    shown = await run(studio.ada, studio.channel, "settings show")
    for line in ("**size** 64x32 (yours)", "**iterations** 8 (this channel's)", "**style** oil (this server's)"):
        assert line in shown
    await studio.ada.slash(studio.channel, "imagine", prompt="a car")
    await studio.final()
    spec = studio.engine.starts[0].spec
    assert (spec.width, spec.height, spec.iterations, spec.prompt) == (64, 32, 8, "an oil painting of a car")
    await studio.ada.slash(studio.channel, "imagine", prompt="a car", size="32x64", iterations=5, style="none")
    await studio.final(2)
    spec = studio.engine.starts[1].spec
    assert (spec.width, spec.height, spec.iterations, spec.prompt) == (32, 64, 5, "a car")
    await studio.ada.slash(studio.channel, "edit", prompt="a boat")
    await studio.final(3)
    assert studio.engine.starts[2].spec.strength == 0.3  # the rest comes from the picture


async def test_a_thread_has_the_settings_of_its_channel(studio: Studio, eve: Member) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a car")
    final = await studio.final()
    await run(eve, final.channel, "settings channel", iterations=7)
    await studio.ada.slash(studio.channel, "imagine", prompt="a boat")
    await studio.ada.slash(final.channel, "imagine", prompt="a boat")
    await studio.final(3)
    assert [start.spec.iterations for start in studio.engine.starts] == [4, 7, 7]


async def test_reset_forgets_and_keeps_what_is_given_beside_it(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "settings mine", size="32x32", iterations=7, style="oil")
    assert await run(studio.ada, studio.channel, "settings mine", reset=True, iterations=6) == (
        "Set for you:\n**iterations** 6"
    )
    assert await run(studio.ada, studio.channel, "settings mine", reset=True) == "Set for you:\nnothing"


@pytest.mark.parametrize("command", ["settings channel", "settings server"])
async def test_channel_and_server_are_for_those_who_may_manage_the_server(studio: Studio, command: str) -> None:
    assert "Manage Server" in await run(studio.ada, studio.channel, command, iterations=7)
    direct = await studio.ada.open_dm()
    assert "This is no server" in await run(studio.ada, direct, command, iterations=7)
    shown = await run(studio.ada, studio.channel, "settings show")
    assert "iterations** 7" not in shown and "nothing is set" in shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"size": "big"}, "“big” is not a size"),
        ({"style": "nowhere"}, "There is no style “nowhere” here"),
        ({"bundle": "nowhere"}, "There is no bundle “nowhere” here"),
    ],
)
async def test_what_could_never_hold_is_refused(studio: Studio, options: dict[str, str], told: str) -> None:
    assert told in await run(studio.ada, studio.channel, "settings mine", **options)
    assert "nothing is set" in await run(studio.ada, studio.channel, "settings show")


async def test_a_setting_that_no_longer_fits_is_left_out_and_named(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "settings mine", size="128x128", iterations=400)
    await run(studio.ada, studio.channel, "styles save", style="photo", words="a photo of {prompt}")
    await run(studio.ada, studio.channel, "settings mine", style="photo")
    await run(studio.ada, studio.channel, "styles delete", style="photo")
    studio.bot.config.limits.__dict__["max_pixels"] = 4096
    text = await run(studio.ada, studio.channel, "imagine", prompt="a car")
    assert "could not use your size “128x128”" in text and "could not use your style “photo”" in text
    await studio.final()
    spec = studio.engine.starts[0].spec
    assert (spec.width, spec.height, spec.prompt) == (64, 64, "a car")
