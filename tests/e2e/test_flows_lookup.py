"""/queue, /cancel, /history, /show and *Show recipe*, as members use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.job import State
from bot.words import recipe
from sandbox import File, Message, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

SECRET = int(Permissions.VIEW_CHANNEL)


async def paint(studio: Studio, number: int, **options: object) -> Message:
    await studio.ada.slash(studio.channel, "imagine", **options)
    return await studio.final(number)


async def test_queue_names_ones_own_with_their_turn_and_nobody_elses(studio: Studio) -> None:
    await studio.fill_the_line()
    answer = await studio.ada.slash(studio.channel, "queue")
    text = await answer.text()
    assert text == answer.ephemeral_text
    assert text.startswith("**2 being painted, 3 waiting.**")
    assert "🖌️ #1 **car 0**" in text and "⏳ #3 **car 2** · next in line" in text and "1 ahead of it" in text
    other = await (await studio.bob.slash(studio.channel, "queue")).text()
    assert other == "**2 being painted, 3 waiting.**\nYou have no picture waiting or being painted."


async def test_cancel_takes_the_last_one_or_that_of_a_number_or_all(studio: Studio) -> None:
    await studio.fill_the_line()
    suggested = await studio.ada.autocomplete(studio.channel, "cancel", option="job", typed="")
    assert suggested[0] == {"name": "all of mine", "value": "all"}
    assert {"name": "#3 car 2", "value": "3"} in suggested and len(suggested) == 6
    answers = []
    for options in ({}, {"job": "#3"}, {"job": "all"}, {}):
        answers.append(await (await studio.ada.slash(studio.channel, "cancel", **options)).text())
    assert answers[0] == "Cancelled: #5 **car 4**"
    assert answers[1] == "Cancelled: #3 **car 2**"
    assert answers[2] == "Cancelled: #1 **car 0**, #2 **car 1**, #4 **car 3**"
    assert answers[3] == "You have no picture waiting or being painted."


async def test_cancel_by_number_is_for_the_requester_and_for_moderators(studio: Studio) -> None:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.begun(1)
    refused = await (await studio.bob.slash(studio.channel, "cancel", job="1")).text()
    assert refused == f"Only {studio.ada.mention}, or someone who may manage messages here, can do that."
    unknown = await (await studio.bob.slash(studio.channel, "cancel", job="99")).text()
    assert "no picture of that number" in unknown
    assert "is not the number of a picture" in await (await studio.bob.slash(studio.channel, "cancel", job="x")).text()
    role = studio.guild.create_role("moderator", permissions=int(Permissions.MANAGE_MESSAGES))
    eve = studio.guild.add_member("eve", roles=(role,))
    assert "Cancelled: #1" in await (await eve.slash(studio.channel, "cancel", job="1")).text()


async def test_history_is_searched_and_its_pages_turn_after_a_restart(studio: Studio) -> None:
    for number in range(1, 10):
        await paint(studio, number, prompt=f"a red car {number}" if number != 4 else "a green boat")
    answer = await studio.ada.slash(studio.channel, "history")
    text = await answer.text()
    assert text == answer.ephemeral_text
    assert "#9 **a red car 9**" in text and "#2 " in text and "#1 " not in text
    assert "[picture](https://discord.com/channels/" in text and "9 pictures · page 1 of 2" in text
    assert answer.message is not None
    await studio.stop()
    await studio.start()
    await studio.ada.click(answer.message, label="On ▶")
    await studio.sandbox.until(lambda: answer.message is not None and "page 2 of 2" in answer.message.content)
    assert "#1 **a red car 1**" in answer.message.content
    assert [button["label"] for button in answer.message.buttons] == ["◀ Back"]
    await studio.ada.click(answer.message, label="◀ Back")
    await studio.sandbox.until(lambda: answer.message is not None and "page 1 of 2" in answer.message.content)

    boat = await (await studio.ada.slash(studio.channel, "history", search="BOAT")).text()
    assert "#4 **a green boat**" in boat and "1 picture with “BOAT”" in boat and "#5" not in boat
    by_number = await (await studio.ada.slash(studio.channel, "history", search="#7")).text()
    assert "#7 " in by_number and "#8" not in by_number
    none = await (await studio.ada.slash(studio.channel, "history", search="100%")).text()
    assert none == "Nothing of yours contains “100%”."
    assert "nothing yet" in await (await studio.bob.slash(studio.channel, "history")).text()


async def test_show_has_the_recipe_the_parents_and_the_pictures(studio: Studio) -> None:
    first = await paint(studio, 1, prompt="a red car", seed=7)
    await studio.ada.slash(studio.channel, "edit", prompt="a blue car")
    edited = await studio.final(2)
    answer = await studio.ada.slash(studio.channel, "show", job="#2")
    text = await answer.text()
    assert text == answer.ephemeral_text and answer.message is not None
    line = recipe.read(edited.attachments[0].bytes)
    assert line is not None and line in text
    assert f"from #1 **a red car** · [picture](https://discord.com/channels/{studio.guild.id}/" in text
    assert str(first.id) in text
    assert [file.filename for file in answer.message.files] == ["picture-2.jpg", "picture-1.jpg"]
    assert answer.message.files[0].size == (512, 512)
    suggested = await studio.ada.autocomplete(studio.channel, "show", option="job", typed="blue")
    assert suggested == [{"name": "#2 a blue car", "value": "2"}]


async def test_show_tells_nothing_of_pictures_in_channels_that_one_cannot_see(studio: Studio) -> None:
    await paint(studio, 1, prompt="a red car")
    assert "#1 **a red car**" in await (await studio.bob.slash(studio.channel, "show", job="1")).text()
    direct = await studio.ada.open_dm()
    await studio.ada.slash(direct, "imagine", prompt="a secret car")
    await studio.final(1, direct)
    refused = await (await studio.bob.slash(studio.channel, "show", job="2")).text()
    assert refused == "I found no picture of that number for you. /history lists yours."
    assert "secret" in await (await studio.ada.slash(studio.channel, "show", job="2")).text()
    studio.channel.set_permissions(deny=SECRET, member=studio.bob)
    other = studio.guild.create_text_channel("elsewhere")
    assert "no picture of that number" in await (await studio.bob.slash(other, "show", job="1")).text()


async def test_show_of_a_picture_that_still_waits(studio: Studio) -> None:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.card("2 of 4 iterations")
    text = await (await studio.ada.slash(studio.channel, "show", job="1")).text()
    assert "running" in text and "I write its recipe when it is finished." in text


async def test_show_recipe_on_a_picture_a_card_and_a_file_that_carries_one(studio: Studio) -> None:
    final = await paint(studio, 1, prompt="a red car", seed=7)
    card = await studio.card("✅ Done")
    line = recipe.read(final.attachments[0].bytes)
    assert line is not None
    for message in (final, card):
        answer = await studio.bob.use_on_message("Show recipe", message)
        assert line in await answer.text() and answer.ephemeral_text
    saved = await studio.bob.say(studio.channel, files=[File("saved.png", final.attachments[0].bytes)])
    carried = await (await studio.bob.use_on_message("Show recipe", saved)).text()
    assert carried.startswith("This picture carries a recipe:") and line in carried
    plain = await studio.bob.say(studio.channel, "hello")
    assert "I know no recipe for that message" in await (await studio.bob.use_on_message("Show recipe", plain)).text()


async def test_past_prompts_are_suggested_each_once_and_only_ones_own(studio: Studio) -> None:
    for number, prompt in enumerate(["a red car", "a green boat", "a red car"], start=1):
        await paint(studio, number, prompt=prompt)
    suggested = await studio.ada.autocomplete(studio.channel, "imagine", option="prompt", typed="")
    assert [choice["value"] for choice in suggested] == ["a red car", "a green boat"]
    suggested = await studio.ada.autocomplete(studio.channel, "history", option="search", typed="boat")
    assert [choice["value"] for choice in suggested] == ["a green boat"]
    assert await studio.bob.autocomplete(studio.channel, "imagine", option="prompt", typed="", prompt="") == []


async def test_count_paints_several_in_one_thread_each_with_its_own_seed(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7, count=3)
    assert "(#1, #2, #3)." in await answer.text()
    await studio.final(3)
    (thread,) = studio.channel.threads
    assert all(final.channel is thread for final in studio.finals())
    assert sorted(start.spec.seed for start in studio.engine.starts) == [7, 8, 9]


async def test_count_beyond_what_may_wait_queues_the_rest_and_says_why(studio: Studio) -> None:
    await studio.fill_the_line()
    cancelled = await studio.ada.slash(studio.channel, "cancel")
    await cancelled.text()  # the place in the line is free once that is said
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a boat", count=4)
    text = await answer.text()
    assert "(#6)." in text and "You already have 3 pictures waiting" in text
    assert (await studio.bot.queue.counts())[State.QUEUED] == 3


async def test_help_turns_its_pages_and_shows_pictures(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "help")
    await answer.text()
    assert answer.message is not None and answer.message.ephemeral
    titles = []
    for _ in range(4):
        (embed,) = answer.message.embeds
        (picture,) = answer.message.files
        assert picture.filename in embed["image"]["url"] and picture.description
        titles.append(embed["title"])
        if "On ▶" not in [button["label"] for button in answer.message.buttons]:
            break
        await studio.ada.click(answer.message, label="On ▶")
        await studio.sandbox.until(lambda: answer.message and answer.message.embeds[0]["title"] != titles[-1])
    assert titles == ["Painting", "Editing", "Styles", "Your pictures"]


async def test_about_names_the_models(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "about")
    text = await answer.text()
    assert text == answer.ephemeral_text
    assert (
        "**starter**: Picture book (weights `1a2b3c4d5e6f`); cannot tell unsafe pictures" in text
        and "on cpu, on 1 server" in text
    )
