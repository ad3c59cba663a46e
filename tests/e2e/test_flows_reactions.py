"""Reactions under finished pictures, where the server lets everybody's count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from bot.domain.job import Kind
from bot.domain.setting import Scope
from sandbox import Message
from sandbox.records.clock import PATIENCE_S

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
async def final(studio: Studio) -> AsyncIterator[Message]:
    await studio.bot.settings.change(Scope.GUILD, studio.guild.id, {"reactions": "everyone"})
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", seed=7, size="32x64")
    yield await studio.final()


async def test_again_paints_it_with_a_new_seed(studio: Studio, final: Message) -> None:
    await studio.bob.react(final, "🔁")
    again = await studio.final(2)
    first, second = (start.spec for start in studio.engine.starts)
    assert second.seed != 7
    assert (second.prompt, second.width, second.height, second.iterations) == ("a red car", 32, 64, first.iterations)
    assert again.channel is final.channel and [user.name for user in again.mentions] == ["bob"]
    assert "again with a new seed" in again.content and str(final.id) in again.content


async def test_an_edit_is_rerun_from_its_own_input(studio: Studio, final: Message) -> None:
    await studio.bob.say(final.channel, ".edit a blue car, strength 0.4", reply_to=final)
    edited = await studio.final(2)
    await studio.ada.react(edited, "🔁")
    await studio.final(3)
    _, edit, rerun = studio.engine.starts
    assert rerun.init_image == edit.init_image and rerun.spec.strength == 0.4
    rerun_of_it = studio.finals()[2]
    assert (await studio.job_of(rerun_of_it)).input_hash == (await studio.job_of(edited)).input_hash
    assert "from #1," in edited.content and "from #" not in rerun_of_it.content  # it never was that picture's input


async def test_larger_refines_the_stored_picture_at_twice_the_size(studio: Studio, final: Message) -> None:
    await studio.ada.react(final, "⬆️")
    larger = await studio.final(2)
    spec = studio.engine.starts[1].spec
    assert (spec.width, spec.height, spec.iterations, spec.prompt) == (64, 128, 2, "a red car")
    assert 0 < spec.strength < 0.6
    assert spec.upscale == 2 and studio.engine.starts[1].init_image == studio.bot.files.final(1).read_bytes()
    assert "at twice the size" in larger.content and "512×1024 px (painted at 64×128)" in larger.content


async def test_too_large_is_answered_without_a_ping(studio: Studio, final: Message) -> None:
    await studio.ada.react(final, "⬆️")
    await studio.ada.react(await studio.final(2), "⬆️")
    larger = await studio.final(3)
    await studio.ada.react(larger, "⬆️")  # of 128×256, more than is painted in one piece
    answer = await studio.card("paints up to 65,536")
    assert answer.referenced_message is larger and not answer.mentions


async def test_a_repeated_reaction_is_ignored_while_the_first_is_at_work(studio: Studio, final: Message) -> None:
    studio.bot.cogs["ReactionsCog"].repeat_seconds = 0.0  # type: ignore[attr-defined]
    studio.engine.holding = True
    for _ in range(3):
        await studio.ada.react(final, "🔁")
        await studio.ada.unreact(final, "🔁")
    await studio.card("2 of 4 iterations")
    await studio.ada.react(final, "🔁")
    await studio.settled()
    assert len(studio.engine.starts) == 2
    studio.engine.holding = False
    await studio.final(2)
    await studio.ada.unreact(final, "🔁")
    await studio.ada.react(final, "🔁")  # later: a new wish
    await studio.final(3)


async def test_a_restart_does_not_forget_the_first_of_repeated_reactions(studio: Studio, final: Message) -> None:
    studio.engine.holding = True
    await studio.ada.react(final, "🔁")
    await studio.begun(2)
    await studio.stop()
    await studio.start()
    studio.bot.cogs["ReactionsCog"].repeat_seconds = 0.0  # type: ignore[attr-defined]
    await studio.ada.unreact(final, "🔁")
    await studio.ada.react(final, "🔁")
    await studio.ada.react(final, "▶️")  # another wish
    await studio.bob.react(final, "🔁")  # as is somebody else's
    async with asyncio.timeout(PATIENCE_S):
        while await studio.bot.queue.get(4) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await studio.settled()
    found = [await studio.bot.queue.get(number) for number in (2, 3, 4, 5)]
    jobs = [(job.kind, job.requester_id) for job in found if job]
    mine, others = studio.ada.id, studio.bob.id
    assert sorted(jobs) == sorted([(Kind.RERUN, mine), (Kind.CONTINUE, mine), (Kind.RERUN, others)])
    studio.engine.holding = False
    await studio.final(4)
    await studio.ada.unreact(final, "🔁")
    await studio.ada.react(final, "🔁")  # later: a new wish
    await studio.final(5)


async def test_a_slip_of_the_finger_right_after_is_ignored(studio: Studio, final: Message) -> None:
    await studio.ada.react(final, "🔁")
    await studio.final(2)
    await studio.ada.unreact(final, "🔁")
    await studio.ada.react(final, "🔁")
    await studio.settled()
    assert len(studio.engine.starts) == 2


async def test_two_members_each_get_their_own(studio: Studio, final: Message) -> None:
    await studio.ada.react(final, "🔁")
    await studio.bob.react(final, "🔁")
    await studio.final(3)
    assert {user.name for message in studio.finals()[1:] for user in message.mentions} == {"ada", "bob"}


async def test_other_reactions_and_other_messages_mean_nothing(studio: Studio, final: Message) -> None:
    card = await studio.card("✅ Done")
    words = await studio.ada.say(studio.channel, "hello")
    await studio.ada.react(final, "🎉")
    await studio.ada.react(card, "🔁")
    await studio.ada.react(words, "⬆️")
    await studio.settled()
    assert len(studio.engine.starts) == 1


async def test_reactions_work_after_a_restart(studio: Studio, final: Message) -> None:
    await studio.stop()
    await studio.start()
    await studio.ada.react(final, "🔁")
    await studio.final(2)


async def test_a_member_with_too_many_waiting_is_told(studio: Studio, final: Message) -> None:
    await studio.fill_the_line(begun=1)
    await studio.ada.react(final, "🔁")
    answer = await studio.card("You already have 3 pictures waiting")
    assert answer.referenced_message is final and not answer.mentions


async def test_others_reactions_count_where_the_server_allows_it(studio: Studio, final: Message) -> None:
    await studio.bot.settings.change(Scope.GUILD, studio.guild.id, {"reactions": None})
    await studio.bob.react(final, "🔁")
    await studio.settled()
    assert len(studio.engine.starts) == 1
    owner = studio.guild.add_member("owner", roles=(studio.guild.create_role("owners", permissions=1 << 5),))
    said = await (await owner.slash(studio.channel, "settings server", reactions="everyone")).text()
    assert "**reactions** everyone" in said
    await studio.bob.unreact(final, "🔁")
    await studio.bob.react(final, "🔁")
    await studio.final(2)


async def test_the_other_reactions_do_what_their_buttons_do(studio: Studio, final: Message) -> None:
    await studio.stop()
    await studio.start()
    await studio.ada.react(final, "▶️")
    longer = await studio.final(2)
    assert "painted on" in longer.content and studio.engine.starts[1].resume_from == b"1 after 4"
    await studio.ada.react(final, "🎬")
    film = await studio.card("from the first iteration to the last")
    assert film.attachments[0].filename == "timelapse-1.mp4" and film.referenced_message is final
    await studio.bob.react(final, "✏️")
    invitation = await studio.card("what should change")
    opened = await studio.bob.click(invitation, label="Edit")
    await studio.bob.submit(opened, {"words": "a blue car"})
    assert "edit of" in (await studio.final(3)).content


async def test_an_envelope_sends_the_picture_by_direct_message(studio: Studio, final: Message) -> None:
    dm = await studio.bob.open_dm()
    await studio.bob.react(final, "✉️")
    sent: Message = await studio.sandbox.until(lambda: next(iter(studio.finals(dm)), None))
    assert sent.attachments[0].bytes == final.attachments[0].bytes
    assert "a red car --seed 7" in sent.content
    studio.bot.files.final(1).unlink()
    await studio.ada.react(final, "✉️")
    await studio.card("There is no picture here")
