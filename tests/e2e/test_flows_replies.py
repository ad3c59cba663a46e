"""Replying to a picture edits it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.domain.job import Kind
from bot.members import hints
from sandbox import File, Member, Message
from tests.e2e.scripted import region

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


@pytest.fixture
async def final(studio: Studio) -> AsyncIterator[Message]:
    """A red car, finished."""
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7)
    yield await studio.final()


async def replied(studio: Studio, message: Message) -> Message:
    """The bot's reply to a message."""
    answer: Message = await studio.sandbox.until(
        lambda: next(
            (one for one in message.channel.messages if one.referenced_message is message and one.author.bot), None
        )
    )
    return answer


@pytest.mark.parametrize("start", ["/edit ", ".edit ", "{mention} ", "{mention} /edit "])
async def test_a_reply_edits_the_picture_it_answers(studio: Studio, final: Message, start: str) -> None:
    text = start.format(mention=studio.sandbox.bot_user.mention) + "a blue car, strength 0.3 seed 9"
    asked = await studio.bob.say(final.channel, text, reply_to=final)
    card = await replied(studio, asked)
    assert "a blue car" in card.content and not card.mentions
    edited = await studio.final(2)
    assert edited.channel is final.channel
    assert [user.name for user in edited.mentions] == ["bob"]
    assert f"edit of [this picture](https://discord.com/channels/{studio.guild.id}/{final.channel.id}/{final.id})" in (
        edited.content
    )
    spec = studio.engine.starts[1].spec
    assert (spec.prompt, spec.strength, spec.seed, spec.iterations) == ("a blue car", 0.3, 9, 3)


async def test_a_recipe_pasted_into_a_reply_is_understood(studio: Studio, final: Message) -> None:
    line = final.content.split("```")[1].strip()
    await studio.bob.say(final.channel, f".edit {line}", reply_to=final)
    await studio.final(2)
    first, second = (start.spec for start in studio.engine.starts)
    assert second == first


RECIPE = "a house ~2 ^ a car:0.5:0.3 --seed 7 --size 64x64 --iterations 4 --latent codebook --noise-seeds 1,2"


async def test_a_recipe_is_the_same_picture_by_slash_and_in_a_message(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "settings mine", style="watercolor")
    await studio.ada.slash(studio.channel, "imagine", prompt=RECIPE, style="none")
    final = await studio.final()
    line = final.content.split("```")[1].strip()
    await studio.ada.slash(studio.channel, "imagine", prompt=line)
    await studio.final(2)
    asked = await studio.ada.say(studio.channel, f"{studio.sandbox.bot_user.mention} .imagine {line}")
    await studio.final(3)
    assert "a house" in (await replied(studio, asked)).content
    first, *others = (start.spec for start in studio.engine.starts)
    assert others == [first, first]
    assert (first.latent, first.noise_seeds, first.prompt) == ("codebook", (1, 2), "a house ~2 ^ a car:0.5:0.3")


async def test_what_a_typed_recipe_has_wrong_is_explained(studio: Studio) -> None:
    direct = await studio.ada.open_dm()
    asked = await studio.ada.say(direct, ".imagine a car --cutouts 5000")
    assert "a whole number from 1 to 1024" in (await replied(studio, asked)).content
    assert not studio.engine.starts


async def test_any_other_reply_is_left_alone(studio: Studio, final: Message) -> None:
    before = len(studio.everywhere())
    await studio.bob.say(final.channel, "what a car!", reply_to=final)
    await studio.bob.say(final.channel, "/edit a blue car")  # not a reply
    await studio.bob.say(final.channel, ".edit a blue car", reply_to=final, ping=False)  # content stays hidden
    await studio.settled()
    assert len(studio.everywhere()) == before + 3
    assert len(studio.engine.starts) == 1


async def test_a_reply_to_a_members_picture_needs_the_intent_and_says_so(studio: Studio, picture: Draw) -> None:
    photo = await studio.ada.say(studio.channel, files=[picture()])
    asked = await studio.bob.say(studio.channel, f"{studio.sandbox.bot_user.mention} a blue car", reply_to=photo)
    answer = await replied(studio, asked)
    assert "Apps → Edit picture, or attach" in answer.content and not answer.mentions


async def test_the_menu_is_explained_once_a_day_to_each_member_of_a_server(
    studio: Studio, picture: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await studio.ada.say(studio.channel, files=[picture()])
    words = f"{studio.sandbox.bot_user.mention} a blue car"

    async def told(member: Member) -> str:
        return (await replied(studio, await member.say(studio.channel, words, reply_to=photo))).content

    answers = [await told(member) for member in (studio.bob, studio.bob, studio.ada, studio.ada)]
    assert ["Apps → Edit picture" in answer for answer in answers] == [True, False, True, False]
    assert answers[1] == "I cannot see that picture either."
    monkeypatch.setattr(hints, "LIFE", 0.0)  # a day has gone by
    assert "Apps → Edit picture" in await told(studio.bob)


async def test_where_all_is_shown_a_message_without_a_picture_is_just_that(studio: Studio) -> None:
    direct = await studio.ada.open_dm()
    words = await studio.ada.say(direct, "hello")
    asked = await studio.ada.say(direct, ".edit a blue car", reply_to=words)
    assert "I see no picture in that message. Use this on one with" in (await replied(studio, asked)).content


async def test_in_direct_messages_a_members_own_picture_can_be_edited(studio: Studio, picture: Draw) -> None:
    direct = await studio.ada.open_dm()
    photo = await studio.ada.say(direct, files=[picture(80, 40)])
    await studio.ada.say(direct, ".edit a lake", reply_to=photo)
    edited = await studio.final(1, direct)
    assert f"https://discord.com/channels/@me/{direct.id}/{photo.id}" in edited.content
    assert (await studio.job_of(edited)).kind is Kind.EDIT


async def test_an_unfinished_picture_cannot_be_edited_yet(studio: Studio) -> None:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    card = await studio.card("2 of 4 iterations")
    asked = await studio.bob.say(card.channel, ".edit a blue car", reply_to=card)
    assert "not finished yet" in (await replied(studio, asked)).content
    studio.engine.holding = False
    await studio.final()


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (".edit", "The prompt is empty"),
        (".edit a car --stepps 9", "There is no setting “stepps”"),
        (".edit a car --steps 9", "--iterations 200"),
        (".edit a car, strength 9", "from 0 (keep the picture)"),
        (".edit a car, size 4000x4000", "paints up to 16,384"),
        (".edit a car, iterations 9999", "Choose from 1 to 500"),
        (".edit a car --bundle wikiart", "There is: starter"),
        (".edit fog:0", "weight"),
    ],
)
async def test_bad_input_gets_a_short_reply_without_a_ping(
    studio: Studio, final: Message, text: str, advice: str
) -> None:
    asked = await studio.bob.say(final.channel, text, reply_to=final)
    answer = await replied(studio, asked)
    assert advice in answer.content and not answer.mentions
    assert len(studio.engine.starts) == 1


async def test_a_reply_to_a_message_without_a_picture_is_explained(studio: Studio) -> None:
    words = await studio.ada.say(studio.channel, "hello")
    asked = await studio.bob.say(studio.channel, f"{studio.sandbox.bot_user.mention} a blue car", reply_to=words)
    assert "I see no picture in that message" in (await replied(studio, asked)).content


async def test_an_edit_in_the_channel_gets_a_thread_of_its_own(studio: Studio) -> None:
    studio.sandbox.faults.next("POST", "/channels/*/messages/*/threads", status=400)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    assert final.channel is studio.channel
    asked = await studio.bob.say(studio.channel, ".edit a blue car", reply_to=final)
    starter = await replied(studio, asked)
    edited = await studio.final(2)
    assert edited.channel is starter.thread


def halved(name: str, width: int = 64, height: int = 64) -> File:
    """A mask, white in its left half."""
    return File(name, region(width, height))


async def test_files_in_a_message_are_the_picture_its_mask_and_image_prompts(studio: Studio, picture: Draw) -> None:
    direct = await studio.ada.open_dm()
    guide, other = picture(20, 30, "blue", "unmasked.png"), picture(30, 20, "green", "other.png")
    await studio.ada.say(direct, ".imagine a wall", files=[halved("my_mask.png"), picture(64, 64), guide, other])
    final = await studio.final(1, direct)
    await studio.ada.say(direct, ".edit a blue car, strength 0.4", files=[picture(64, 64, "green")])
    edited = await studio.final(2, direct)
    asked = await studio.ada.say(direct, ".edit a fox", reply_to=final, files=[guide, halved("Region-1.png")])
    await studio.final(3, direct)
    first, second, third = studio.engine.starts
    assert first.init_image and first.mask and sizes(first.image_prompts) == [(20, 30), (30, 20)]
    assert second.init_image and (second.mask, second.image_prompts, second.spec.strength) == (None, (), 0.4)
    assert (await studio.job_of(edited)).kind is Kind.EDIT and "edit of [this picture]" in edited.content
    assert third.init_image == studio.bot.files.final(1).read_bytes() and third.mask
    assert sizes(third.image_prompts) == [(20, 30)] and asked.id != final.id


def sizes(pictures: tuple[bytes, ...]) -> list[tuple[int, int]]:
    return [Image.open(io.BytesIO(one)).size for one in pictures]


async def test_files_of_which_nothing_can_be_made_are_refused_and_nothing_waits(studio: Studio, picture: Draw) -> None:
    direct = await studio.ada.open_dm()
    for text, files, advice in (
        (".imagine a wall", [halved("mask.png")], "A mask needs a picture to lie on"),
        (".edit a wall", [halved("mask.png")], "I see no picture to edit"),
        (".edit a wall", [picture(), halved("mask.png"), halved("mask-2.png")], "I can use only one"),
        (
            ".imagine a wall",
            [picture(name=f"{number}.png") for number in range(6)],
            "You attached 5 image prompts",
        ),
        (
            ".edit x2",
            [picture(), picture(name="other.png")],
            "leave the mask, the replacement and the image prompt out",
        ),
        (".edit a wall", [picture(), halved("mask.png", 64, 32)], "shape"),
    ):
        asked = await studio.ada.say(direct, text, files=files)
        assert advice in (await replied(studio, asked)).content
    await studio.ada.say(studio.channel, f"{studio.sandbox.bot_user.mention} look at this!", files=[picture()])
    await studio.settled()
    assert not studio.engine.starts and not any((await studio.bot.queue.counts()).values())
