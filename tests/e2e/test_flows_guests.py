"""Where the bot is no member: members who installed it for themselves are answered there, or by direct message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bot.domain.job import Removed
from bot.texts import moderation
from sandbox import Channel, File, Member, Message
from sandbox.people.handles import guild_of

if TYPE_CHECKING:
    from sandbox.people.actors import Answer
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


@pytest.fixture
def elsewhere(studio: Studio) -> tuple[Channel, Member]:
    """A channel of a server that the bot is not in, and a member who has it installed for herself."""
    guild = studio.sandbox.create_guild("Elsewhere", with_bot=False)
    return guild.create_text_channel("general"), guild.add_member("ada")


async def half_painted(studio: Studio, channel: Channel, ada: Member) -> None:
    """A picture of hers is at work, and stays so."""
    studio.engine.holding = True
    await ada.slash(channel, "imagine", prompt="a red car")
    await studio.sandbox.until(lambda: any("2 of 4" in message.content for message in channel.messages))


async def test_a_member_with_the_bot_installed_paints_where_it_is_no_member(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    studio.engine.holding = True
    answer = await ada.slash(channel, "imagine", prompt="a red car")
    card = await studio.sandbox.until(lambda: next((m for m in channel.messages if "2 of 4" in m.content), None))
    assert "(#1)." in await answer.text() and answer.ephemeral_text
    await ada.click(card, label="Stop and keep")
    final = await studio.sandbox.until(lambda: studio.finals(channel))
    assert len(final) == 1 and not channel.threads
    await studio.sandbox.until(lambda: "Stopped at" in card.content)
    assert not (await ada.open_dm()).messages


async def test_a_guest_whose_interaction_ran_out_gets_the_picture_by_direct_message(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    await half_painted(studio, channel, ada)
    studio.sandbox.advance(16 * 60)
    studio.engine.holding = False
    await studio.final(1, await ada.open_dm())
    assert not studio.finals(channel)


async def test_after_a_restart_a_guest_gets_the_picture_by_direct_message(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    await half_painted(studio, channel, ada)
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    await studio.final(1, await ada.open_dm())
    assert not studio.finals(channel)


async def painted(studio: Studio, number: int, channel: Channel) -> Message:
    """The n-th picture, which is answered with and gets no reactions."""
    final: Message = (await studio.sandbox.until(lambda: len(found := studio.finals(channel)) >= number and found))[-1]
    await studio.job_of(final)
    return final


async def says(studio: Studio, answer: Answer, text: str) -> None:
    """The answer comes to say so: where only answers are allowed its card shows first."""
    await studio.sandbox.until(lambda: any(one and text in one.content for one in (answer.message, *answer.followups)))


@pytest.fixture
async def final(studio: Studio, elsewhere: tuple[Channel, Member]) -> Message:
    channel, ada = elsewhere
    await ada.slash(channel, "imagine", prompt="a red car", seed=7, size="32x64")
    return await painted(studio, 1, channel)


async def test_the_buttons_of_a_guests_picture_work_before_and_after_a_restart(
    studio: Studio, elsewhere: tuple[Channel, Member], final: Message
) -> None:
    channel, ada = elsewhere
    assert "Apps → Edit picture" in final.content and "as a reaction" not in final.content
    done = 1
    for _ in range(2):
        for label, origin in (("Rerun", "again with a new seed"), ("Upscale", "at twice"), ("Continue", "painted on")):
            await says(studio, await ada.click(final, label=label), "(#")
            done += 1
            assert origin in (await painted(studio, done, channel)).content
        for label, fields, origin in (
            ("Edit", {"words": "a blue car"}, "edit of"),
            ("Remix", {"prompt": "a green car", "settings": ""}, "remix of"),
        ):
            await ada.submit(await ada.click(final, label=label), fields)
            done += 1
            assert origin in (await painted(studio, done, channel)).content
        await says(studio, await ada.click(final, label="Timelapse"), "Here it is: https://")
        film = channel.messages[-1]
        assert film.attachments[0].filename == "timelapse-1.mp4" and not film.ephemeral
        await says(studio, await ada.click(final, label="Report"), moderation.NO_MEMBER_HERE)
        await studio.stop()
        await studio.start()
    assert not (await ada.open_dm()).messages


async def test_a_guest_deletes_a_picture_with_its_message(
    studio: Studio, elsewhere: tuple[Channel, Member], final: Message
) -> None:
    channel, ada = elsewhere
    bob = guild_of(channel).add_member("bob") if channel.guild else ada
    answer = await bob.click(final, label="Delete")
    await says(studio, answer, f"Only {ada.mention}, or someone who may manage messages here, can do that.")
    await studio.stop()
    await studio.start()  # which no interaction of before outlives
    answer = await ada.click(final, label="Delete")
    await says(studio, answer, moderation.DELETED_FOR_GUEST)
    assert final.deleted
    job = await studio.bot.queue.get(1)
    assert job and job.removed is Removed.DELETED and not studio.bot.files.folder(1).exists()


async def test_commands_find_and_make_pictures_for_a_guest(
    studio: Studio, elsewhere: tuple[Channel, Member], final: Message, picture: Draw
) -> None:
    channel, ada = elsewhere
    for options in ({}, {"image": picture()}):
        answer = await ada.slash(channel, "describe", **options)
        await answer.text()
        assert answer.message and answer.message.embeds[0]["title"] == "a red car at night"
    assert answer.message is not None
    await says(studio, await ada.click(answer.message, label="Paint this"), "(#")
    await painted(studio, 2, channel)
    await says(studio, await ada.slash(channel, "upscale"), "(#")
    await painted(studio, 3, channel)
    await says(studio, await ada.slash(channel, "edit", prompt="a boat", image=picture()), "(#")
    await painted(studio, 4, channel)
    await says(studio, await ada.slash(channel, "timelapse", job="1"), "Here it is: https://")
    await says(studio, await ada.slash(channel, "show", job="1"), "a red car --seed 7")
    await says(studio, await ada.slash(channel, "history"), "#4")
    studio.engine.holding = True
    await says(studio, await ada.slash(channel, "imagine", prompt="a bus"), "(#")  # then the queue has it
    await says(studio, await ada.slash(channel, "queue"), "#5")
    await says(studio, await ada.slash(channel, "cancel"), "#5")
    await studio.card("🚫 Cancelled", channel)


async def test_every_menu_works_for_a_guest(
    studio: Studio, elsewhere: tuple[Channel, Member], final: Message, picture: Draw
) -> None:
    channel, ada = elsewhere
    photo = await ada.say(channel, "look", files=[picture(80, 40)])
    for number, (menu, message) in enumerate(
        [("Edit picture", photo), ("Start from this", photo), ("Edit picture", final)], 2
    ):
        await ada.submit(await ada.use_on_message(menu, message), {"words": "a blue car"})
        await painted(studio, number, channel)
    await says(studio, await ada.use_on_message("Upscale", final), "(#")
    await painted(studio, 5, channel)
    for message in (photo, final):
        answer = await ada.use_on_message("Describe picture", message)
        await answer.text()
        assert answer.message and answer.message.embeds
    await says(studio, await ada.use_on_message("Show recipe", final), "a red car --seed 7")


@pytest.mark.parametrize("settings", [{"quotas": {"max_queued": 4}}])  # an engine slow to begin lets all four wait
async def test_what_a_guests_follow_ups_have_no_room_for_comes_by_direct_message(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    await ada.slash(channel, "imagine", prompt="a red car", count=4)
    direct = await ada.open_dm()
    await studio.sandbox.until(lambda: len(studio.finals(channel)) + len(studio.finals(direct)) == 4)
    shown = len(studio.finals(channel))  # five follow-ups are for the cards and the pictures that come first
    assert 1 <= shown <= 2 and f"I may not post in <#{channel.id}>" in studio.finals(direct)[0].content


async def test_a_guests_failure_is_told_where_there_is_room_for_it(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    studio.engine.failure = "The size is odd."
    await ada.slash(channel, "imagine", prompt="a red car")
    await studio.sandbox.until(lambda: any("job #1" in one.content and one.mentions for one in channel.messages))
    studio.engine.holding, studio.engine.failure = True, None
    await ada.slash(channel, "imagine", prompt="a red car", count=4)
    await studio.begun(3)  # two of them run, two wait
    studio.engine.failure, studio.engine.holding = "The size is odd.", False
    direct = await ada.open_dm()
    await studio.sandbox.until(lambda: any("The size is odd." in one.content for one in direct.messages))


async def test_an_unsafe_picture_is_shown_to_a_guest_by_the_channels_flag(studio: Studio) -> None:
    guild = studio.sandbox.create_guild("Elsewhere", with_bot=False)
    ada = guild.add_member("ada")
    studio.engine.unsafe = 0.9
    for name, nsfw in (("restricted", True), ("general", False)):
        channel = guild.create_text_channel(name, nsfw=nsfw)
        await ada.slash(channel, "imagine", prompt="a red car")
        if nsfw:
            final = await painted(studio, 1, channel)
            await says(studio, await ada.click(final, label="Timelapse"), "Here it is")
            await studio.card("✅ Done", channel)
        else:
            final = await studio.card("picture #2 is not shown", channel)
            assert not final.attachments
            await says(studio, await ada.click(final, label="Timelapse"), moderation.FILM_WITHHELD)
    await studio.stop()


async def test_a_card_that_can_be_edited_no_more_is_left_alone(
    studio: Studio, elsewhere: tuple[Channel, Member]
) -> None:
    channel, ada = elsewhere
    studio.engine.holding = True
    await ada.slash(channel, "imagine", prompt="a red car")
    card = await studio.card("2 of 4 iterations", channel)
    studio.sandbox.advance(16 * 60)

    def tried() -> int:
        edits = (one for one in studio.sandbox.requests if one.method == "PATCH" and str(card.id) in one.path)
        return sum(one.status >= 400 for one in edits)

    await studio.sandbox.until(tried)
    await studio.settled()
    assert tried() == 1
    studio.engine.holding = False
    await studio.final(1, await ada.open_dm())


async def test_between_two_people_it_answers_and_later_writes_to_who_asked(studio: Studio) -> None:
    theirs = studio.sandbox.create_conversation(studio.ada, studio.bob)
    await studio.ada.slash(theirs, "imagine", prompt="a red car")
    final = await painted(studio, 1, theirs)
    await says(studio, await studio.bob.click(final, label="Rerun"), "(#")
    await painted(studio, 2, theirs)
    studio.engine.holding = True
    await studio.ada.slash(theirs, "imagine", prompt="a blue car")
    await studio.card("2 of 4 iterations", theirs)
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    late = await studio.final(1, await studio.ada.open_dm())
    assert "a blue car" in late.content and len(studio.finals(theirs)) == 2
