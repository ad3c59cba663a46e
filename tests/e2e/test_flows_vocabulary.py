"""Whoever writes words that the models do not know learns which, and what to write instead, by every door."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from engine.messages import Vocabulary
from sandbox import File, Message

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]
KNOWN = "I know things like car, house, heart; weathers like at night, in the rain. Try: a blue car at night"
VOCABULARY = Vocabulary(
    words=("a", "at", "blue", "car", "green", "heart", "house", "in", "night", "rain", "red", "the"),
    kinds=(("things", "car, house, heart"), ("weathers", "at night, in the rain")),
)


@pytest.fixture(autouse=True)
async def few_words(studio: Studio) -> None:
    """The bundle knows the words above, and no others."""
    await studio.stop()
    studio.engine.bundle = dataclasses.replace(
        studio.engine.bundle, vocabulary=VOCABULARY, examples=("a blue car at night",)
    )
    await studio.start()


async def reply_to(studio: Studio, message: Message) -> Message:
    answer: Message = await studio.sandbox.until(
        lambda: next(
            (one for one in message.channel.messages if one.referenced_message is message and one.author.bot), None
        )
    )
    return answer


async def test_imagine_names_an_unknown_word_at_once_on_the_card_and_with_the_picture(studio: Studio) -> None:
    note = f"I do not know “astronaut”. {KNOWN}"
    studio.engine.holding = True
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="an astronaut in a red house")
    assert note in await answer.text()
    card = await studio.card("2 of 4 iterations")
    assert note in card.content
    studio.engine.holding = False
    assert note in (await studio.final()).content


async def test_a_prompt_of_known_words_gets_no_such_note(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car in the rain")
    assert "know" not in await answer.text()
    assert "know" not in (await studio.final()).content


async def test_a_typo_gets_a_suggestion_in_edit(studio: Studio, picture: Draw) -> None:
    answer = await studio.ada.slash(studio.channel, "edit", prompt="a green hart", image=picture())
    assert "“hart” (did you mean “heart”?)" in await answer.text()
    assert "did you mean “heart”" in (await studio.final()).content


@pytest.mark.parametrize("command", ["imagine", "edit"])
async def test_a_prompt_of_which_nothing_is_known_is_refused_and_nothing_waits(
    studio: Studio, picture: Draw, command: str
) -> None:
    options = {"image": picture()} if command == "edit" else {}
    answer = await studio.ada.slash(studio.channel, command, prompt="an astronaut", **options)
    text = await answer.text()
    assert text == f"There is nothing in that prompt that I could paint. I do not know “astronaut”. {KNOWN}"
    assert text == answer.ephemeral_text
    assert not studio.engine.starts and not studio.everywhere()
    assert not await studio.bot.queue.waiting()


async def test_a_reply_names_unknown_words_on_its_card_and_refuses_where_nothing_is_known(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    refused = await studio.bob.say(final.channel, ".edit astronauts", reply_to=final)
    assert "do not know “astronauts”" in (await reply_to(studio, refused)).content
    assert len(studio.engine.starts) == 1
    taken = await studio.bob.say(final.channel, ".edit a blue zeppelin", reply_to=final)
    assert "do not know “zeppelin”" in (await reply_to(studio, taken)).content
    assert "do not know “zeppelin”" in (await studio.final(2)).content


@pytest.mark.parametrize("emoji", ["🔁", "⬆️"])
async def test_reactions_carry_the_note_on(studio: Studio, emoji: str) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red zeppelin", size="32x32")
    await studio.ada.react(await studio.final(), emoji)
    assert "do not know “zeppelin”" in (await studio.final(2)).content


async def test_a_rerun_of_what_the_models_know_no_more_is_refused_with_help(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red house")
    final = await studio.final()
    await studio.stop()
    studio.engine.bundle = dataclasses.replace(studio.engine.bundle, vocabulary=Vocabulary(words=("star",)))
    await studio.start()
    await studio.ada.react(final, "🔁")
    answer = await studio.card("There is nothing in that prompt that I could paint")
    assert answer.referenced_message is final and "“red” and “house”" in answer.content
    assert len(studio.engine.starts) == 1
