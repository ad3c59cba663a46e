"""What cannot be done is said at once, to its author alone, and before an engine second is spent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.job import State
from sandbox import File, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


async def refused(studio: Studio, command: str, **options: Any) -> str:
    """The ephemeral answer, once it is sure that nothing else came of it."""
    answer = await studio.ada.slash(studio.channel, command, **options)
    text = await answer.text()
    assert text == answer.ephemeral_text
    assert not studio.engine.starts and not studio.everywhere()
    return text


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"prompt": "word " * 60}, "299 characters and I read up to 200"),
        ({"prompt": "   "}, "Describe the picture, for example"),
        ({"prompt": "|"}, "Describe the picture, for example"),
        ({"prompt": "fog:-1"}, "above 0"),
        ({"prompt": "x", "size": "big"}, "“big” is not a size"),
        ({"prompt": "x", "size": "4000x4000"}, "128x128"),
        ({"prompt": "x", "iterations": 501}, "Choose from 1 to 500"),
        ({"prompt": "x", "bundle": "wikiart"}, "There is: starter"),
    ],
)
async def test_bad_settings(studio: Studio, options: dict[str, Any], advice: str) -> None:
    assert advice in await refused(studio, "imagine", **options)


async def test_a_file_that_is_no_picture(studio: Studio) -> None:
    text = await refused(studio, "edit", prompt="x", image=File("notes.txt", b"hello", "text/plain"))
    assert text == "“notes.txt” is not a picture I can read. Attach a PNG, JPEG, WebP, GIF or AVIF."


async def test_a_file_that_only_pretends_to_be_a_picture(studio: Studio) -> None:
    text = await refused(studio, "edit", prompt="x", image=File("photo.png", b"hello", "image/png"))
    assert "Attach a PNG, JPEG, WebP, GIF or AVIF" in text


async def test_a_damaged_picture(studio: Studio, picture: Draw) -> None:
    whole = picture(200, 200)
    text = await refused(studio, "edit", prompt="x", image=File("photo.png", whole.content[:200]))
    assert "damaged or cut short" in text


async def test_a_file_with_too_many_bytes(studio: Studio) -> None:
    text = await refused(studio, "edit", prompt="x", image=File("photo.png", bytes(200_000)))
    assert "photo.png" in text and "Send a smaller one" in text


async def test_a_picture_with_too_many_pixels(studio: Studio, picture: Draw) -> None:
    text = await refused(studio, "edit", prompt="x", image=picture(2000, 2000))
    assert "4 megapixels" in text and "Send a smaller one" in text


async def test_nothing_to_edit(studio: Studio) -> None:
    assert "I found no picture here" in await refused(studio, "edit", prompt="a blue car")


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        (Permissions.ATTACH_FILES, "“Attach Files”"),
        (Permissions.SEND_MESSAGES, "“Send Messages”"),
        (Permissions.SEND_MESSAGES | Permissions.ATTACH_FILES, "“Send Messages” and “Attach Files”"),
    ],
)
async def test_no_permission_to_post(studio: Studio, denied: Permissions, named: str) -> None:
    studio.channel.set_permissions(deny=int(denied))
    assert f"without the permission {named}" in await refused(studio, "imagine", prompt="a red car")


async def test_a_refusal_that_no_permission_foretold_cancels_the_job(studio: Studio) -> None:
    studio.engine.holding = True  # an engine may begin before Discord has refused
    studio.sandbox.faults.next("POST", "/channels/*/messages", status=403)
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    assert "I may not post pictures here" in await answer.text()
    await studio.settled()
    counts = await studio.bot.queue.counts()
    assert counts[State.CANCELLED] == sum(counts.values()) == 1 and not studio.everywhere()


async def test_more_than_one_member_may_have_waiting(studio: Studio) -> None:
    await studio.fill_the_line()
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="one more")
    assert "You already have 3 pictures waiting" in await answer.text()
    other = await studio.bob.slash(studio.channel, "imagine", prompt="a boat")
    assert "(#" in await other.text()


async def test_an_engine_that_is_not_up_yet(studio: Studio) -> None:
    studio.bot.dispatcher._known = None
    assert "still starting" in await refused(studio, "imagine", prompt="a red car")


async def test_a_fault_of_ours_is_an_apology_with_a_reference_and_no_trace(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(studio.bot.queue, "submit", broken)
    text = await refused(studio, "imagine", prompt="a red car")
    assert "Sorry" in text and "fire" not in text
    reference = text.split("`")[1]
    record = next(record for record in caplog.records if reference in record.getMessage())
    assert record.exc_info is not None and "the disk is on fire" in str(record.exc_info[1])
