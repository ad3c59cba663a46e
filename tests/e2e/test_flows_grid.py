"""/grid: one prompt in several styles, by several seeds, or both; a sheet that stays true, and the pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from bot.domain.job import State
from sandbox import Message, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"quotas": {"max_queued": 6}}


def opened(sheet: Message) -> Image.Image:
    return Image.open(io.BytesIO(sheet.attachments[0].bytes))


async def test_a_grid_of_styles_and_seeds_is_one_sheet_and_single_pictures(studio: Studio) -> None:
    answer = await studio.ada.slash(
        studio.channel, "grid", prompt="a red car", styles="watercolor, in thick fog, none", seeds="1-2",
        size="32x32", iterations=3, bundle="starter",
    )  # fmt: skip
    told = await answer.text()
    assert "Painting a grid of 6 pictures (#1 to #6). Follow them in <#" in told
    await studio.final(6)
    (thread,) = studio.channel.threads
    assert thread.name == "a red car" and len(studio.finals()) == 6
    sheet = await studio.card("✅ Done · 6 of 6 painted")
    assert sheet.channel is thread and not sheet.components
    assert sheet.attachments[0].filename == "grid-1.png"
    assert sheet.attachments[0].description == (
        "a red car: watercolor, seed 1; watercolor, seed 2; in thick fog, seed 1; in thick fog, seed 2; "
        "none, seed 1; none, seed 2"
    )
    with opened(sheet) as image:
        assert image.height > image.width > 2 * 192  # three rows of two
        first, second = image.getpixel((100, 100)), image.getpixel((300, 100))
    specs = sorted((start.spec for start in studio.engine.starts), key=lambda spec: (spec.prompt, spec.seed))
    assert [(spec.prompt, spec.seed) for spec in specs] == [
        ("a red car", 1), ("a red car", 2),
        ("a red car | in thick fog", 1), ("a red car | in thick fog", 2),
        ("a watercolor of a red car", 1), ("a watercolor of a red car", 2),
    ]  # fmt: skip
    assert {(spec.width, spec.height, spec.iterations) for spec in specs} == {(32, 32, 3)}
    assert (first, second) == ((1, 0, 0), (2, 0, 0))  # each in its place
    job = await studio.job_of(studio.finals()[0])
    assert job.grid_id == 1 and job.card_message_id is None
    styled = await studio.bot.queue.get(1)
    assert styled and styled.style_id is not None
    assert "(#" in await (await studio.bob.click(studio.finals()[0], label="Rerun")).text()
    await studio.final(7)
    again = await studio.bot.queue.get(7)
    assert again and again.grid_id is None


async def test_a_grid_grows_and_its_rest_is_cancelled_also_after_a_restart(studio: Studio) -> None:
    studio.engine.holding = True
    await (await studio.ada.slash(studio.channel, "grid", prompt="a red car", seeds="1-4")).text()
    await studio.begun(2)
    sheet = await studio.card("0 of 4 painted")
    assert not sheet.attachments and sheet.components
    await studio.bot.dispatcher.stop_job(1)
    await studio.card("1 of 4 painted")
    await studio.sandbox.until(lambda: sheet.attachments)
    assert "Cancel the rest" in str(sheet.components)
    await studio.stop()
    await studio.start()
    refusal = await (await studio.bob.click(sheet, label="Cancel the rest")).text()
    assert "Only <@" in refusal
    told = await (await studio.ada.click(sheet, label="Cancel the rest")).text()
    assert told == "I cancelled 3 of the grid's pictures."
    await studio.card("✅ Done · 1 of 4 painted · 3 cancelled")
    assert not sheet.components and len(studio.finals()) == 1
    counts = await studio.bot.queue.counts()
    assert counts[State.CANCELLED] == 3 and counts[State.DELIVERED] == 1
    assert (await studio.bot.queue.get(1)) is not None


async def test_a_grid_goes_on_after_a_restart_and_failures_are_told_on_its_sheet(studio: Studio) -> None:
    studio.engine.holding = True
    await (await studio.ada.slash(studio.channel, "grid", prompt="a red car", styles="oil,charcoal,watercolor")).text()
    await studio.begun(2)
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    await studio.final(3)
    await studio.card("✅ Done · 3 of 3 painted")
    assert len({start.spec.seed for start in studio.engine.starts}) == 1  # only the style differs
    studio.engine.failure = "That cannot be painted."
    await (await studio.ada.slash(studio.channel, "grid", prompt="a dog", seeds="5,7")).text()
    await studio.card("✅ Done · 0 of 2 painted · 2 failed")


async def test_a_deleted_picture_leaves_the_sheet_and_with_the_last_one_it_goes(studio: Studio) -> None:
    await (await studio.ada.slash(studio.channel, "grid", prompt="a red car", seeds="1,2")).text()
    await studio.final(2)
    sheet = await studio.card("✅ Done · 2 of 2 painted")
    await studio.ada.click(studio.finals()[0], label="Delete")
    await studio.sandbox.until(lambda: len(studio.finals()) == 1)
    deleted, kept = (1, 2) if studio.finals()[0].attachments[0].filename == "faraday-2.png" else (2, 1)
    places = {1: (100, 100), 2: (300, 100)}

    def without() -> bool:
        with opened(sheet) as image:
            blank, there = image.getpixel(places[deleted]), image.getpixel(places[kept])
        return (blank, there) == ((238, 238, 238), (kept, 0, 0))

    await studio.sandbox.until(without)
    await studio.ada.click(studio.finals()[0], label="Delete")
    await studio.sandbox.until(lambda: sheet.deleted)


async def test_erasure_takes_the_sheet_too(studio: Studio) -> None:
    await (await studio.ada.slash(studio.channel, "grid", prompt="a red car", seeds="1,2")).text()
    await studio.final(2)
    sheet = await studio.card("✅ Done · 2 of 2 painted")
    asked = await studio.ada.slash(studio.channel, "privacy erase")
    await asked.text()
    assert asked.message
    await studio.ada.click(asked.message, label="Erase everything")
    await studio.sandbox.until(lambda: sheet.deleted and not studio.finals())


async def test_every_picture_of_a_grid_counts_and_one_beyond_a_limit_refuses_all(studio: Studio) -> None:
    refusals = {
        "there is room for 6": {"seeds": "1-8"},
        "a grid has at most 16": {"seeds": "1-9", "styles": "oil,charcoal"},
        "Say what differs": {},
        "is not a list of seeds": {"seeds": "one"},
        "There is no style “cubist” here": {"styles": "oil, cubist"},
        "The prompt is empty": {"prompt": "--seed 1", "seeds": "1,2"},
    }
    for refusal, given in refusals.items():
        answer = await studio.ada.slash(studio.channel, "grid", **{"prompt": "a red car", **given})
        assert refusal in await answer.text(), await answer.text()
    assert not studio.engine.starts and not any((await studio.bot.queue.counts()).values())
    assert not studio.channel.threads
    names = [
        choice["value"]
        for choice in await studio.ada.autocomplete(
            studio.channel, "grid", option="styles", typed="in fog, wat", prompt="a car"
        )
    ]
    assert names == ["in fog, watercolor"]


async def test_what_is_withheld_or_covered_is_so_on_the_sheet(studio: Studio) -> None:
    role = studio.guild.create_role("owners", permissions=int(Permissions.MANAGE_GUILD))
    manager = studio.guild.add_member("manager", roles=(role,))
    studio.engine.unsafe = 0.9
    await (await studio.ada.slash(studio.channel, "grid", prompt="a red car", seeds="1,2")).text()
    sheet = await studio.card("✅ Done · 2 of 2 painted")
    assert not sheet.attachments
    studio.engine.unsafe = None
    await (await manager.slash(studio.channel, "settings server", spoiler=True)).text()
    await (await studio.ada.slash(studio.channel, "grid", prompt="a dog", seeds="1,2")).text()
    sheet = await studio.card("**a dog**\n✅ Done · 2 of 2")
    assert sheet.attachments[0].filename == "SPOILER_grid-3.png"


async def test_a_grid_whose_sheet_was_never_posted_gets_it_after_a_restart(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(jobs: object) -> None:
        raise RuntimeError("the process died here")

    studio.engine.holding = True
    monkeypatch.setattr(studio.bot.publisher._sheets, "open", breaks)
    answer = await studio.ada.slash(studio.channel, "grid", prompt="a red car", seeds="1-3")
    assert "Painting a grid of 3 pictures" in await answer.text() and not studio.channel.threads
    await studio.begun(2)
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    await studio.final(3)
    await studio.card("✅ Done · 3 of 3 painted")
    assert len(studio.channel.threads) == 1


async def test_where_the_bot_is_no_member_a_grid_is_refused_with_what_to_do(studio: Studio) -> None:
    guild = studio.sandbox.create_guild("Elsewhere", with_bot=False)
    channel, ada = guild.create_text_channel("general"), guild.add_member("ada")
    answer = await ada.slash(channel, "grid", prompt="a red car", seeds="1,2")
    assert "Use it in a server that I am in, or in our direct messages" in await answer.text()
    direct = await studio.ada.open_dm()
    await (await studio.ada.slash(direct, "grid", prompt="a red car", seeds="1,2")).text()
    await studio.sandbox.until(lambda: any("✅ Done · 2 of 2" in message.content for message in direct.messages))
    assert not (await studio.bot.queue.counts())[State.FAILED]
