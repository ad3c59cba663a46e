"""/describe and *Describe picture*: what a picture shows, for whoever asks, and *Paint this* below."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image

from bot.domain.job import State
from bot.requests.describe import OFTEN
from sandbox import File, Message
from sandbox.records.clock import PATIENCE_S

if TYPE_CHECKING:
    from sandbox.people.actors import Answer
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


async def described(answer: Answer) -> Message:
    await answer.text()
    assert answer.message is not None and answer.message.ephemeral and answer.message.embeds, answer.ephemeral_text
    return answer.message


async def test_describe_tells_each_kind_and_a_sentence_that_a_button_paints(studio: Studio, picture: Draw) -> None:
    card = await described(await studio.ada.slash(studio.channel, "describe", image=picture(80, 40)))
    (embed,) = card.embeds
    assert embed["title"] == "a red car at night" and "description" not in embed
    assert [field["name"] for field in embed["fields"]] == ["Thing", "Colour", "Weather"]
    assert embed["fields"][0]["value"] == "`▰▰▰▰▰▱` 91% car\n`▱▱▱▱▱▱` 6% bus"
    assert "Described by starter" in embed["footer"]["text"]
    assert "picture.png" in embed["thumbnail"]["url"]
    (asked,) = studio.engine.described
    with Image.open(io.BytesIO(asked.image)) as image:
        assert (asked.bundle, image.size) == ("starter", (80, 40))
    answer = await studio.ada.click(card, label="Paint this")
    assert "(#1)." in await answer.text()
    final = await studio.final()
    assert studio.engine.starts[0].spec.prompt == "a red car at night"
    assert [user.name for user in final.mentions] == ["ada"]


async def test_paint_this_works_after_a_restart_and_for_each_press(studio: Studio, picture: Draw) -> None:
    card = await described(await studio.ada.slash(studio.channel, "describe", image=picture(), bundle="starter"))
    await studio.stop()
    await studio.start()
    for number in (1, 2):
        answer = await studio.ada.click(card, label="Paint this")
        assert f"(#{number})." in await answer.text()
    await studio.begun(2)
    refused = await studio.ada.slash(studio.channel, "describe", image=picture(), bundle="nowhere")
    assert "There is no bundle “nowhere” here. There is: starter." in await refused.text()


async def test_without_a_picture_the_newest_here_is_described_while_others_are_painted(
    studio: Studio,
) -> None:
    none = await studio.ada.slash(studio.channel, "describe")
    assert "I found no picture here. Attach one to /describe" in await none.text()
    for seed, size in ((1, "32x64"), (2, "64x32")):
        await studio.bob.slash(studio.channel, "imagine", prompt="a red car", seed=seed, size=size)
        await studio.final(seed)
    studio.engine.holding = True
    await studio.bob.slash(studio.channel, "imagine", prompt="a blue car")
    await studio.card("2 of 4 iterations")
    card = await described(await studio.ada.slash(studio.channel, "describe"))
    assert "You attached no picture, so I took my newest one here." in card.embeds[0]["description"]
    with Image.open(io.BytesIO(studio.engine.described[-1].image)) as image:
        assert image.size == (64, 32)
    studio.engine.holding, studio.engine.unsafe = False, 0.9
    await studio.bob.slash(studio.channel, "imagine", prompt="a withheld picture")
    async with asyncio.timeout(PATIENCE_S):
        while (await studio.bot.queue.counts())[State.DELIVERED] < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    card = await described(await studio.ada.slash(studio.channel, "describe"))
    assert "thumbnail" not in card.embeds[0] and not card.attachments


async def test_describe_picture_on_any_message_with_one(studio: Studio, picture: Draw) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    hidden = await studio.bob.say(studio.channel, "", files=[picture(name="SPOILER_photo.png")])
    seen = await described(await studio.bob.use_on_message("Describe picture", final))
    assert seen.embeds[0]["title"] == "a red car at night" and seen.embeds[0]["thumbnail"]
    seen = await described(await studio.ada.use_on_message("Describe picture", hidden))
    assert "thumbnail" not in seen.embeds[0] and not seen.attachments
    words = await studio.bob.say(studio.channel, "hello")
    answer = await studio.ada.use_on_message("Describe picture", words)
    assert "There is no picture in that message" in await answer.text()
    assert len(studio.engine.described) == 2


async def test_what_cannot_be_described_gets_a_clear_word(studio: Studio, picture: Draw) -> None:
    for file, says in (
        (File("notes.txt", b"a red car"), "“notes.txt” is not a picture I can read"),
        (File("cut.png", picture(200, 200).content[:60]), "damaged or cut short"),
        (picture(600, 600), "megapixels, and I take up to"),
    ):
        answer = await studio.bob.slash(studio.channel, "describe", image=file)
        assert says in await answer.text()
    assert not studio.engine.described
    studio.engine.failure = "These models know too few words to describe a picture. Choose another bundle."
    answer = await studio.bob.slash(studio.channel, "describe", image=picture())
    assert studio.engine.failure in await answer.text()


async def test_a_member_who_asks_too_often_is_told_when_to_ask_again(studio: Studio, picture: Draw) -> None:
    for _ in range(OFTEN):
        await described(await studio.ada.slash(studio.channel, "describe", image=picture()))
    answer = await studio.ada.slash(studio.channel, "describe", image=picture())
    text = await answer.text()
    assert f"about {OFTEN} pictures in 30 seconds" in text and "<t:" in text
    assert len(studio.engine.described) == OFTEN
    await described(await studio.bob.slash(studio.channel, "describe", image=picture()))
