"""The buttons under a finished picture, and the reactions that mirror them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.job import Removed
from sandbox import Member, Message

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
async def final(studio: Studio) -> Message:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7, size="32x64")
    return await studio.final()


async def told(member: Member, message: Message, label: str) -> str:
    """What the bot says to the member alone about a press."""
    answer = await member.click(message, label=label)
    text = await answer.text()
    assert answer.ephemeral_text == text
    return text


async def test_every_button_makes_its_sequel_before_and_after_a_restart(studio: Studio, final: Message) -> None:
    rows = [[button["label"] for button in row["components"]] for row in final.components]
    assert rows[:2] == [["Rerun", "Remix", "Edit", "Upscale", "Continue"], ["Timelapse"]]
    assert "```\na red car --seed 7 --size 32x64 --iterations 4 --bundle starter [weights" in final.content
    begun = 1
    for _ in range(2):
        for label, origin in (("Rerun", "again with a new seed"), ("Upscale", "at twice"), ("Continue", "painted on")):
            assert "(#" in await told(studio.bob, final, label)
            begun += 1
            sequel = await studio.final(begun)
            assert origin in sequel.content and str(final.id) in sequel.content
            assert [user.name for user in sequel.mentions] == ["bob"] and sequel.channel is final.channel
        assert "Here it is: https://" in await told(studio.bob, final, "Timelapse")
        film = next(one for one in reversed(final.channel.messages) if one.attachments)
        assert film.attachments[0].filename == "timelapse-1.mp4" and film.referenced_message is final
        assert film.attachments[0].bytes == b"film of 1" and not film.mentions
        await studio.stop()
        await studio.start()
    first, again, larger, longer = (start.spec for start in studio.engine.starts[:4])
    assert again.seed != 7 and (again.prompt, again.width, again.height) == ("a red car", 32, 64)
    assert (larger.width, larger.height, larger.prompt) == (64, 128, "a red car")
    assert longer == first.continued(6)
    assert studio.engine.starts[3].resume_from == b"1 after 4" and not studio.engine.starts[1].resume_from


async def test_remix_is_prefilled_and_changes_only_what_was_changed(studio: Studio, final: Message) -> None:
    opened = await studio.bob.click(final, label="Remix")
    assert opened.modal
    prompt, settings = (part["component"] for part in opened.modal["components"])
    assert prompt["value"] == "a red car"
    assert settings["value"] == "--seed 7 --size 32x64 --iterations 4 --bundle starter"
    await studio.stop()
    await studio.start()  # the form was open meanwhile
    answer = await studio.bob.submit(opened, {"prompt": "a blue car"})
    assert "(#" in await answer.text()
    remix = await studio.final(2)
    first, second = (start.spec for start in studio.engine.starts)
    assert second.prompt == "a blue car"
    assert (second.seed, second.width, second.height, second.iterations) == (7, 32, 64, first.iterations)
    assert studio.engine.starts[1].init_image is None
    assert "remix of" in remix.content and "from #" not in remix.content
    opened = await studio.ada.click(remix, label="Remix")
    await studio.ada.submit(opened, {"settings": "--size 64x64"})
    await studio.final(3)
    third = studio.engine.starts[2].spec
    assert (third.prompt, third.width, third.iterations) == ("a blue car", 64, 4) and third.seed != 7


async def test_edit_takes_the_words_of_a_reply_and_keeps_the_rest(studio: Studio, final: Message) -> None:
    for number, fields, prompt, strength, seed in (
        (2, {"words": "a blue car, seed 9", "strength": "0.3"}, "a blue car", 0.3, 9),
        (3, {"words": "strength 0.8 seed 3"}, "a red car", 0.8, 3),
    ):
        opened = await studio.bob.click(final, label="Edit")
        assert opened.modal and opened.modal["title"] == "Edit #1"
        assert "(#" in await (await studio.bob.submit(opened, fields)).text()
        edit = await studio.final(number)
        start = studio.engine.starts[-1]
        assert (start.spec.prompt, start.spec.strength, start.spec.seed) == (prompt, strength, seed)
        assert start.init_image == studio.bot.files.final(1).read_bytes()
        assert "edit of" in edit.content and "from #1" in edit.content
        await studio.stop()
        await studio.start()
    for fields, refusal in (
        ({}, "Say what should change"),
        ({"words": "a car", "strength": "much"}, "strength is 'much'; it must be a number"),
    ):
        opened = await studio.bob.click(final, label="Edit")
        assert refusal in await (await studio.bob.submit(opened, fields)).text()


async def test_a_continued_run_without_its_checkpoint_is_painted_from_the_start(studio: Studio, final: Message) -> None:
    for path in (studio.bot.files.checkpoint(1), studio.bot.files.film(1)):
        path.unlink()  # its days are over
    await told(studio.ada, final, "Continue")
    await studio.final(2)
    first, longer = studio.engine.starts
    assert longer.spec == first.spec.continued(6) and longer.resume_from is None
    assert "I have no timelapse of that picture" in await told(studio.ada, final, "Timelapse")


async def test_the_buttons_of_a_picture_deleted_by_rule_say_so(studio: Studio, final: Message) -> None:
    await studio.bot.records.mark([1], Removed.RULE)
    studio.bot.files.prune(1, lambda name: True)
    for label in ("Upscale", "Timelapse"):
        text = await told(studio.bob, final, label)
        assert "I keep pictures for" in text or "I have no timelapse" in text
    opened = await studio.bob.click(final, label="Edit")
    assert "I keep pictures for 90 days" in (opened.ephemeral_text or "") and opened.modal is None
    assert "(#" in await told(studio.bob, final, "Rerun")  # needs no file of it
    await studio.final(2)
