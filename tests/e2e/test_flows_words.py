"""The same words at every door of Discord: what phones make of them, and the longest that each door takes."""

from __future__ import annotations

import io

import discord
import pytest

from sandbox import Message
from tests.e2e.conftest import Studio
from tests.e2e.test_flows_replies import replied

PHONE = "a red car —ar 2:1 —no fog —seed 7"


@pytest.fixture
async def final(studio: Studio) -> Message:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7)
    return await studio.final()


async def test_a_phones_dash_is_a_setting_at_every_door(studio: Studio, final: Message) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt=PHONE)
    await studio.ada.say(studio.channel, f"{studio.sandbox.bot_user.mention} .imagine {PHONE}")
    form = await studio.ada.click(final, label="Edit")
    await studio.ada.submit(form, {"words": PHONE})
    await studio.final(4)
    specs = [start.spec for start in studio.engine.starts[1:]]
    assert [(spec.prompt, spec.seed) for spec in specs] == [("a red car | fog:-0.5", 7)] * 3
    assert [spec.width / spec.height for spec in specs] == pytest.approx([2.0] * 3, rel=0.2)


async def test_what_was_read_out_of_the_words_stands_on_the_card(studio: Studio) -> None:
    await studio.ada.say(studio.channel, f"{studio.sandbox.bot_user.mention} .imagine a red car:2, seed 7")
    painted = await studio.final(1)
    assert "counts 2 times: a red car" in painted.content
    assert "Read as settings: seed 7" in painted.content


async def test_the_longest_words_of_each_door_are_refused_in_a_message(studio: Studio, final: Message) -> None:
    answers = [
        await studio.ada.slash(studio.channel, "imagine", prompt=f"{'x' * 5990}:nan"),
        await studio.ada.slash(studio.channel, "imagine", prompt="x", size="9" * 6000),
        await studio.ada.submit(await studio.ada.click(final, label="Edit"), {"words": f"{'x' * 3990}:nan"}),
    ]
    texts = [await answer.text() for answer in answers]
    asked = await studio.ada.say(final.channel, f".edit a:nan | {'x' * 1900}", reply_to=final)
    texts.append((await replied(studio, asked)).content)
    for text in texts:
        assert 0 < len(text) < 1000 and "x" * 200 not in text and "thinking" not in text


async def test_a_text_that_nobody_bounded_still_arrives(studio: Studio) -> None:
    channel = studio.bot.get_channel(studio.channel.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send("x" * 5000, embed=discord.Embed(title="t" * 900, description="d" * 9000))
    with io.BytesIO(b"a file") as file:
        sent = await channel.send("y" * 5000, file=discord.File(file, "a.txt", description="d" * 3000))
    await sent.edit(content="z" * 5000)
    thread = await channel.create_thread(name="n" * 500, type=discord.ChannelType.public_thread)
    first, second = studio.channel.messages[:2]
    assert len(first.content) == 2000 and len(first.embeds[0]["title"]) == 256
    assert len(second.content) == 2000 and second.content[0] == "z"
    assert len(thread.name) == 100


async def test_an_answer_that_nobody_bounded_still_arrives(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.texts.guidance.about", lambda *_, **__: "x" * 9000)
    answer = await studio.ada.slash(studio.channel, "about")
    assert len(await answer.text()) == 2000
