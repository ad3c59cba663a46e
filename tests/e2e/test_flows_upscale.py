"""Larger pictures, by every door but the button and the reaction, which have theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from sandbox import File

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def test_the_command_the_menu_and_a_word_upscale_a_picture(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7, size="32x64")
    final = await studio.final()
    answer = await studio.bob.slash(final.channel, "upscale", factor=4, strength=0.1, iterations=3)
    assert "(#" in await answer.text() and "my newest one here" in await answer.text()
    larger = await studio.final(2)
    assert "at four times the size" in larger.content and "--upscale 4" in larger.content
    assert "(#" in await (await studio.bob.use_on_message("Upscale", final)).text()
    await studio.final(3)
    await studio.bob.say(final.channel, ".edit x2", reply_to=final)
    await studio.final(4)
    painted = studio.bot.files.final(1).read_bytes()
    wanted = [(4, 128, 256, 3, 0.1), (2, 64, 128, 2, 0.3), (2, 64, 128, 2, 0.3)]
    for start, (factor, width, height, iterations, strength) in zip(studio.engine.starts[1:], wanted, strict=True):
        spec = start.spec
        assert (spec.upscale, spec.width, spec.height, spec.iterations) == (factor, width, height, iterations)
        assert spec.strength == pytest.approx(strength)
        assert (spec.prompt, spec.seed, start.init_image) == ("a red car", 7, painted)


async def test_a_members_picture_is_upscaled_from_its_working_size(
    studio: Studio, picture: Callable[..., File]
) -> None:
    answer = await studio.ada.slash(studio.channel, "upscale", image=picture(200, 100), prompt="a red wall")
    assert "(#" in await answer.text()
    await studio.final()
    spec = studio.engine.starts[0].spec
    assert (spec.upscale, spec.prompt, spec.width, spec.height) == (2, "a red wall", 2 * 88, 2 * 48)
    answer = await studio.ada.slash(studio.channel, "upscale", image=picture())
    assert "Describe the picture" in await answer.text()
