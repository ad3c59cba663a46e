"""1️⃣ to 5️⃣ under finished pictures, and /stats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import Channel, Member, Message

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def told(member: Member, channel: Channel) -> str:
    return await (await member.slash(channel, "stats")).text()


async def says(studio: Studio, row: str) -> str:
    """What /stats says once it has this row, however wide its columns are."""
    for _ in range(100):
        text = await told(studio.ada, studio.channel)
        if any(" ".join(line.split()) == row for line in text.splitlines()):
            return text
    raise AssertionError(f"no {row!r} in:\n{text}")


async def painted(studio: Studio, number: int, prompt: str, **options: object) -> Message:
    await studio.ada.slash(studio.channel, "imagine", prompt=prompt, **options)
    return await studio.final(number)


async def test_ratings_are_kept_once_a_member_and_stats_repeats_the_papers_table(studio: Studio) -> None:
    assert (await told(studio.ada, studio.channel)).startswith("Nothing is rated here yet.")
    car = await painted(studio, 1, "a red car")
    await studio.bob.react(car, "2️⃣")
    await says(studio, "starter 64x64, 4 it. 2.0 2.0 1 1 1")
    await studio.bob.react(car, "5️⃣")  # thought better of it
    await studio.ada.react(car, "4️⃣")
    await says(studio, "starter 64x64, 4 it. 4.5 4.5 1 1 2")
    await studio.bob.unreact(car, "2️⃣")  # is no longer what he thinks
    await studio.ada.unreact(car, "4️⃣")
    await says(studio, "starter 64x64, 4 it. 5.0 5.0 1 1 1")

    house = await painted(studio, 2, "a house")
    await studio.bob.react(house, "1️⃣")
    await says(studio, "starter 64x64, 4 it. 1.0 5.0 3.0 2 2 2")
    await studio.stop()
    await studio.start()
    await studio.ada.react(house, "3️⃣")
    large = await painted(studio, 3, "a house", size="64x128", iterations=7)
    await studio.bob.react(large, "3️⃣")
    await studio.bob.react(await studio.card("✅ Done"), "1️⃣")  # a card is no picture
    await says(studio, "starter 64x64, 4 it. 2.0 5.0 3.5 2 2 3")  # each prompt as heavy as the other
    text = await says(studio, "starter 64x128, 7 it. 3.0 – 3.0 1 1 1")
    assert "this server: 4 ratings" in text and "-# A: a house\n-# B: a red car" in text
    direct = await studio.ada.open_dm()
    assert (await told(studio.ada, direct)).startswith("Nothing is rated here yet.")


async def test_a_rating_goes_with_the_record_of_its_picture(studio: Studio) -> None:
    car = await painted(studio, 1, "a red car")
    await studio.bob.react(car, "5️⃣")
    await says(studio, "starter 64x64, 4 it. 5.0 5.0 1 1 1")
    await studio.bot.records.delete([1])
    assert (await told(studio.ada, studio.channel)).startswith("Nothing is rated here yet.")
