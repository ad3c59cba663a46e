"""*Edit picture* and *Start from this* on messages, and /timelapse."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox import File

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def test_menus_edit_and_start_from_pictures_of_the_bot_and_of_members(
    studio: Studio, picture: Callable[..., File]
) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7, size="32x64")
    final = await studio.final()
    opened = await studio.bob.use_on_message("Edit picture", final)
    assert opened.modal and opened.modal["title"] == "Edit the picture"
    await studio.stop()
    await studio.start()  # the form was open meanwhile
    words = 'replace "the car" with "a boat"'
    assert "(#" in await (await studio.bob.submit(opened, {"words": words, "strength": "0.9"})).text()
    await studio.final(2)
    start = studio.engine.starts[1]
    assert (start.spec.prompt, start.spec.replace, start.spec.strength) == ("a boat", "the car", 0.9)
    assert start.init_image == studio.bot.files.final(1).read_bytes()

    photo = await studio.bob.say(studio.channel, files=[picture(64, 32)])
    opened = await studio.ada.use_on_message("Start from this", photo)
    assert "(#" in await (await studio.ada.submit(opened, {"words": "a wall, style watercolor"})).text()
    await studio.final(3)
    start = studio.engine.starts[2]
    assert start.spec.prompt == "a watercolor of a wall" and start.init_image is not None
    refused = await studio.ada.use_on_message("Edit picture", await studio.bob.say(studio.channel, "no picture"))
    assert "I see no picture in that message" in await refused.text()


async def test_timelapse_posts_the_film_of_a_picture_by_its_number(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    answer = await studio.bob.slash(studio.channel, "timelapse", job="#1")
    assert "Here it is: https://" in await answer.text()
    film = await studio.card("from the first iteration to the last")
    assert film.attachments[0].filename == "timelapse-1.mp4" and film.channel is studio.channel is not final.channel
    assert "I found no picture" in await (await studio.bob.slash(studio.channel, "timelapse", job="9")).text()
