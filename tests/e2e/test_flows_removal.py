"""Delete and ❌ on a finished picture: who may, what goes, and what is said afterwards by every door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.job import Removed
from sandbox import Channel, Member, Message, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

BY_REQUESTER = "That picture was deleted by its requester."


@pytest.fixture
async def final(studio: Studio) -> Message:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7)
    return await studio.final()


@pytest.fixture
def mod(studio: Studio) -> Member:
    role = studio.guild.create_role("moderators", permissions=int(Permissions.MANAGE_MESSAGES))
    return studio.guild.add_member("mod", roles=(role,))


async def deleted(studio: Studio, job_id: int) -> None:
    """The picture is in no channel, and nothing of it on the disk."""
    await studio.sandbox.until(
        lambda: (
            not any(
                file.filename in (f"faraday-{job_id}.png", f"timelapse-{job_id}.mp4")
                for one in studio.everywhere()
                for file in one.attachments
            )
            and not studio.bot.files.folder(job_id).exists()
        )
    )


async def told(member: Member, channel: Channel, command: str, /, **options: Any) -> str:
    return await (await member.slash(channel, command, **options)).text()


async def test_its_requester_deletes_a_picture_and_every_door_says_so(studio: Studio, final: Message) -> None:
    thread = final.channel
    await studio.bob.say(thread, ".edit a blue car", reply_to=final)
    edited = await studio.final(2)
    refusal = f"Only {studio.ada.mention}, or someone who may manage messages here, can do that."
    assert (await (await studio.bob.click(final, label="Delete")).text()) == refusal
    await studio.bob.react(final, "❌")  # which may mean something else, and deletes nothing
    await studio.settled()
    assert len(studio.finals()) == 2 and studio.bot.files.final(1).exists()

    await (await studio.ada.click(final, label="Timelapse")).text()
    answer = await studio.ada.click(final, label="Delete")
    assert await answer.text() == answer.ephemeral_text == "I deleted its message and all files of it."
    await deleted(studio, 1)
    await studio.card("🗑️ The picture was deleted by its requester.")
    await studio.stop()
    await studio.start()
    assert await (await studio.ada.click(final, label="Delete")).text() == answer.ephemeral_text  # of a slow client
    await studio.bob.say(thread, ".edit a green car", reply_to=final)
    await studio.card(BY_REQUESTER)
    shown = await told(studio.ada, studio.channel, "show", job="1")
    assert "deleted by its requester" in shown and "[picture]" not in shown and "a red car --seed 7" in shown
    assert "#1 **a red car** · deleted by its requester" in await told(studio.bob, studio.channel, "show", job="2")
    assert "deleted by its requester" in await told(studio.ada, studio.channel, "history")
    await studio.bob.react(edited, "🔁")  # what came of it has its own copy of what it began with
    assert (await studio.job_of(await studio.final(2))).id == 3
    assert studio.engine.starts[2].init_image == studio.engine.starts[1].init_image


async def test_a_moderator_deletes_by_reaction_and_it_is_in_the_trail(
    studio: Studio, final: Message, mod: Member
) -> None:
    await mod.react(final, "❌")
    await deleted(studio, 1)
    await studio.card("🗑️ The picture was deleted by a moderator.")
    job = await studio.bot.queue.get(1)
    assert job and job.removed is Removed.MODERATOR
    trail = await told(mod, studio.channel, "mod audit")
    assert f"{mod.mention} delete picture: `#1 of {studio.ada.id}`" in trail


async def test_the_requesters_reaction_deletes_in_direct_messages_too(studio: Studio) -> None:
    dm = await studio.ada.open_dm()
    await studio.ada.slash(dm, "imagine", prompt="a red car")
    final = await studio.final(1, dm)
    await studio.ada.react(final, "❌")
    await studio.sandbox.until(lambda: not studio.finals(dm))
    await studio.card("deleted by its requester", dm)


async def test_what_an_outage_left_undone_is_done_at_the_next_start(studio: Studio, final: Message) -> None:
    await studio.bot.records.mark([1], Removed.DELETED)  # as where everything ended right after
    assert studio.finals() and studio.bot.files.final(1).exists()
    await studio.stop()
    await studio.start()
    await deleted(studio, 1)
    await studio.card("🗑️ The picture was deleted by its requester.")


async def test_a_picture_whose_thread_is_gone_is_deleted_here(studio: Studio, final: Message) -> None:
    final.channel.archive(locked=True)
    job = await studio.bot.queue.get(1)
    assert job is not None
    assert await studio.bot.removal.remove(job, by=studio.ada.id)
    await deleted(studio, 1)
