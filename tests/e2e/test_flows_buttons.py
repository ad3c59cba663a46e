"""Stop and keep, and Cancel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from bot.domain.job import State
from sandbox import Message, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
async def card(studio: Studio) -> AsyncIterator[Message]:
    """Ada's run, held at its second iteration."""
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    yield await studio.card("2 of 4 iterations")


async def test_stop_keeps_the_picture_as_it_is(studio: Studio, card: Message) -> None:
    answer = await studio.ada.click(card, label="Stop and keep")
    assert answer.ephemeral_text == "Stopping: the picture as it is now comes in a moment."
    final = await studio.final()
    assert "2 of 4 iterations" in final.content
    await studio.card("⏹️ Stopped at iteration 2 of 4")
    assert not card.buttons


async def test_cancel_drops_it_and_its_frames(studio: Studio, card: Message) -> None:
    answer = await studio.ada.click(card, label="Cancel")
    assert answer.ephemeral_text == "Cancelled."
    await studio.card("🚫 Cancelled at iteration 2 of 4")
    assert not card.buttons and not card.attachments
    await studio.settled()
    assert not studio.finals()


async def test_a_stranger_is_refused_in_private(studio: Studio, card: Message) -> None:
    for label in ("Cancel", "Stop and keep"):
        answer = await studio.bob.click(card, label=label)
        assert answer.ephemeral_text == (
            f"Only {studio.ada.mention}, or someone who may manage messages here, can do that."
        )
    assert len(card.buttons) == 2
    assert (await studio.job_of(card)).state is State.RUNNING


async def test_a_moderator_may(studio: Studio, card: Message) -> None:
    role = studio.guild.create_role(
        "moderator", permissions=int(Permissions.MANAGE_MESSAGES | Permissions.VIEW_CHANNEL)
    )
    eve = studio.guild.add_member("eve", roles=(role,))
    await eve.click(card, label="Cancel")
    await studio.card("🚫 Cancelled")


async def test_buttons_outlive_a_restart(studio: Studio, card: Message) -> None:
    await studio.stop()
    assert len(card.buttons) == 2
    await studio.start()
    await studio.ada.click(card, label="Stop and keep")
    await studio.final()
    await studio.ada.slash(studio.channel, "imagine", prompt="a green car")
    other = await studio.card("a green car**\n▰")
    await studio.stop()
    await studio.start()
    await studio.ada.click(other, label="Cancel")
    await studio.card("a green car**\n🚫 Cancelled")


async def test_a_waiting_picture_can_be_cancelled(studio: Studio, card: Message) -> None:
    await studio.bob.slash(studio.channel, "imagine", prompt="a green car")
    await studio.ada.slash(studio.channel, "imagine", prompt="a blue car")
    waiting = await studio.card("Next in line")
    member = studio.ada if "blue" in waiting.content else studio.bob
    answer = await member.click(waiting, label="Cancel")
    assert answer.ephemeral_text == "Cancelled."
    await studio.card("🚫 Cancelled")


async def test_a_late_click_says_so(studio: Studio, card: Message) -> None:
    buttons = card.components
    studio.engine.holding = False
    await studio.final()
    await studio.card("✅ Done")
    card.components = buttons  # as a client shows it that was slow to update
    answer = await studio.ada.click(card, label="Cancel")
    assert answer.ephemeral_text == "That picture is no longer being painted."
