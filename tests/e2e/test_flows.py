"""What members do with commands, end to end: from words to a picture in a thread."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from bot.words import recipe
from engine.messages import StartRun
from sandbox import Channel, File

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


def size_of(start: StartRun) -> tuple[int, int]:
    assert start.init_image is not None
    with Image.open(io.BytesIO(start.init_image)) as image:
        return image.size


async def test_imagine_paints_into_a_thread(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car at night", seed=7)
    assert answer.deferred
    final = await studio.final()
    (thread,) = studio.channel.threads
    assert final.channel is thread and thread.name == "a red car at night"
    (starter,) = studio.channel.messages
    assert "a red car at night" in starter.content and not starter.mentions
    assert thread.mention in (answer.ephemeral_text or "")

    assert [user.name for user in final.mentions] == ["ada"]
    (attachment,) = final.attachments
    assert attachment.size == (512, 512) and attachment.description == "a red car at night"
    line = recipe.read(attachment.bytes)
    assert line is not None and f"```\n{line}\n```" in final.content
    assert line.startswith("a red car at night --seed 7 --size 64x64 --iterations 4 --bundle starter [weights")
    assert "512×512 px (painted at 64×64)" in final.content
    assert {reaction.emoji for reaction in final.reactions} == {"🔁", "⬆️"}


async def test_the_card_shows_progress_and_is_tidied_in_the_end(studio: Studio) -> None:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", iterations=8)
    card = await studio.card("2 of 8 iterations")
    assert "▰▰▰▱▱▱▱▱▱▱▱▱ 25%" in card.content and "loss 0.500" in card.content and "<t:" in card.content
    assert [button["label"] for button in card.buttons] == ["Stop and keep", "Cancel"]
    assert await studio.card("loss 0.500 →") is card  # it stays there while the run is held
    (frame,) = card.attachments
    assert frame.size == (512, 512) and frame.description == "a red car"
    studio.engine.holding = False
    final = await studio.final()
    await studio.card("✅ Done")
    assert str(final.id) in card.content
    assert not card.buttons and not card.attachments


async def test_imagine_can_start_from_a_picture(studio: Studio, picture: Draw) -> None:
    photo = picture(80, 40)
    await studio.ada.slash(studio.channel, "imagine", prompt="a lake", image=photo, strength=0.4)
    final = await studio.final()
    (start,) = studio.engine.starts
    assert start.spec.strength == 0.4
    assert (start.spec.width, start.spec.height) == (88, 48) == size_of(start)
    assert "--strength 0.4 --bundle starter [" in final.content
    assert f"input {hashlib.sha256(photo.content).hexdigest()[:12]}]" in final.content


async def test_edit_changes_the_attached_picture(studio: Studio, picture: Draw) -> None:
    await studio.ada.slash(studio.channel, "edit", prompt="a blue car", image=picture(), seed=3)
    final = await studio.final()
    (start,) = studio.engine.starts
    assert start.spec.iterations == 3 and start.spec.strength == 0.6 and start.spec.seed == 3
    assert size_of(start) == (64, 64)
    assert "from the attached picture" in final.content


async def test_both_commands_take_every_setting_beside_the_words(studio: Studio, picture: Draw) -> None:
    given: dict[str, Any] = {"size": "32x64", "iterations": 2, "seed": 7, "strength": 0.9, "bundle": "starter"}
    for number, command in enumerate(("imagine", "edit"), start=1):
        await studio.ada.slash(
            studio.channel, command, prompt="a car", style="oil", image=picture(32, 64), **given
        )  # fmt: skip
        await studio.final(number)
        spec = studio.engine.starts[-1].spec
        assert (spec.prompt, spec.width, spec.height, spec.iterations, spec.seed, spec.strength, spec.bundle) == (
            "an oil painting of a car", 32, 64, 2, 7, 0.9, "starter",
        )  # fmt: skip
    refusal = await studio.ada.slash(studio.channel, "imagine", prompt="a car", bundle="wikiart")
    assert "There is: starter" in await refusal.text()


async def test_edit_without_a_picture_takes_the_newest_here_and_says_which(studio: Studio) -> None:
    for number, prompt in enumerate(["a red car", "a green car"], start=1):
        await studio.ada.slash(studio.channel, "imagine", prompt=prompt)
        await studio.final(number)
    green = studio.finals()[1]
    answer = await studio.ada.slash(studio.channel, "edit", prompt="a blue car")
    assert "took my newest one here" in await answer.text()
    edited = await studio.final(3)
    assert f"edit of [this picture](https://discord.com/channels/{studio.guild.id}/{green.channel.id}/{green.id})" in (
        edited.content
    )
    start = studio.engine.starts[2]
    parent = await studio.job_of(green)
    assert start.init_image == studio.bot.files.final(parent.id).read_bytes()  # as painted, not as shown
    assert f"from #{parent.id}" in edited.content


async def test_edit_in_a_thread_takes_the_newest_of_that_thread(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    first = await studio.final()
    await studio.ada.slash(studio.channel, "imagine", prompt="a green car")
    await studio.final(2)
    await studio.ada.slash(first.channel, "edit", prompt="a blue car")
    edited = await studio.final(3)
    assert edited.channel is first.channel and str(first.id) in edited.content


async def test_a_newer_picture_of_a_member_is_taken_where_the_bot_may_see_it(studio: Studio, picture: Draw) -> None:
    direct = await studio.ada.open_dm()
    await studio.ada.slash(direct, "imagine", prompt="a red car")
    await studio.final(1, direct)
    photo = await studio.ada.say(direct, files=[picture(40, 80)])
    await studio.ada.slash(direct, "edit", prompt="a blue car")
    edited = await studio.final(2, direct)
    assert str(photo.id) in edited.content
    assert size_of(studio.engine.starts[1]) == (48, 88)


async def test_direct_messages_need_no_thread(studio: Studio) -> None:
    direct = await studio.ada.open_dm()
    await studio.ada.slash(direct, "imagine", prompt="a red car")
    final = await studio.final(1, direct)
    assert final.channel is direct and not direct.threads
    assert "<@" in final.content


async def test_in_a_thread_everything_stays_there(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    thread = (await studio.final()).channel
    await studio.bob.slash(thread, "imagine", prompt="a green car")
    final = await studio.final(2)
    assert final.channel is thread and len(studio.channel.threads) == 1
    assert [user.name for user in final.mentions] == ["bob"]


async def test_sizes_are_snapped_and_it_is_said(studio: Studio) -> None:
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car", size="70 x 101")
    note = "70×101 became 72×104: the sides are multiples of 8 px, and at least 16."
    assert note in await answer.text()
    final = await studio.final()
    assert note in final.content and "576×832 px (painted at 72×104)" in final.content


async def test_a_given_size_crops_the_picture_and_it_is_said(studio: Studio, picture: Draw) -> None:
    await studio.ada.slash(studio.channel, "edit", prompt="a lake", image=picture(80, 40), size="64x64")
    final = await studio.final()
    assert "cropped to the shape of 64×64" in final.content
    assert size_of(studio.engine.starts[0]) == (64, 64)


async def test_a_failed_run_tells_its_requester_why(studio: Studio) -> None:
    studio.engine.failure = "That prompt has 90 tokens; shorten it to 75."
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    notice = await studio.sandbox.until(
        lambda: next((m for m in studio.everywhere() if "shorten it" in m.content and m.mentions), None)
    )
    assert [user.name for user in notice.mentions] == ["ada"]
    card = next(message for message in notice.channel.messages if message.content.startswith("**a red car"))
    assert "❌ That prompt has 90 tokens" in card.content and not card.buttons
    assert not studio.finals()


async def test_mentions_and_markdown_in_a_prompt_do_nothing(studio: Studio) -> None:
    prompt = f"@everyone {studio.bob.mention} **x** ``` https://example.org"
    await studio.ada.slash(studio.channel, "imagine", prompt=prompt)
    final = await studio.final()
    assert not final.mention_everyone
    assert [user.name for user in final.mentions] == ["ada"]
    assert final.content.count("```") == 2
    assert all(not message.mentions and not message.mention_everyone for message in studio.channel.messages)


async def test_the_longest_prompt_fits_the_message(studio: Studio) -> None:
    prompt = ("word " * 40).strip()
    await studio.ada.slash(studio.channel, "imagine", prompt=prompt)
    final = await studio.final()
    assert len(final.content) <= 2000 and prompt + " --seed" in final.content


async def test_the_line_moves_on_the_waiting_cards(studio: Studio) -> None:
    studio.engine.holding = True  # two run at once, the others wait
    for started, prompt in enumerate(["one", "two", "three", "four"], start=1):
        answer = await studio.bob.slash(studio.channel, "imagine", prompt=prompt)
        await answer.text()
        await studio.begun(min(started, 2))
    third = await studio.card("**three**\n⏳ Next in line")
    fourth = await studio.card("**four**\n⏳ 1 ahead of it in line")
    assert [button["label"] for button in third.buttons] == ["Cancel"]
    await studio.bob.click(third, label="Cancel")
    await studio.sandbox.until(lambda: "Next in line" in fourth.content)
    studio.engine.holding = False
    await studio.final(3)


async def test_settings_are_suggested_while_typing(studio: Studio) -> None:
    sizes = await studio.ada.autocomplete(studio.channel, "imagine", option="size", typed="", prompt="x")
    assert {"name": "64x64 (square)", "value": "64x64"} in sizes
    assert all(int(one["value"].split("x")[0]) % 8 == 0 for one in sizes)
    tall = await studio.ada.autocomplete(studio.channel, "imagine", option="size", typed="port", prompt="x")
    assert tall and all("portrait" in one["name"] for one in tall)
    bundles = await studio.ada.autocomplete(studio.channel, "edit", option="bundle", typed="book", prompt="x")
    assert bundles == [{"name": "starter: Picture book", "value": "starter"}]


async def test_where_no_thread_can_be_made_it_stays_in_the_channel_and_says_so(studio: Studio) -> None:
    studio.sandbox.faults.next("POST", "/channels/*/messages/*/threads", status=400)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    assert final.channel is studio.channel
    assert any("(#" in m.content or "Done" in m.content for m in studio.channel.messages)
    assert len(studio.channel.messages) == 2  # the starter became the card


def threads_of(channel: Channel) -> list[str]:
    return [thread.name for thread in channel.threads]


async def test_without_the_permission_for_threads_none_is_tried(studio: Studio) -> None:
    from sandbox import Permissions

    studio.channel.set_permissions(deny=int(Permissions.CREATE_PUBLIC_THREADS))
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    card = await studio.card("could not open a thread")
    assert card.channel is studio.channel
    studio.engine.holding = False
    final = await studio.final()
    assert final.channel is studio.channel and not threads_of(studio.channel)
