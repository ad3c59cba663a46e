"""The finished picture arrives, and only once, whatever befalls the network, the process or the channel."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from bot.domain.job import Job, State
from bot.engines import run_events
from bot.words import recipe
from sandbox import Message, Permissions
from sandbox.records.clock import PATIENCE_S
from sandbox.verbs import guilds, posts, threads
from tests.e2e import scripted
from tests.e2e.scripted import BUNDLE

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
async def card(studio: Studio) -> Message:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    return await studio.card("2 of 4 iterations")


@pytest.mark.parametrize("fault", [{"status": 500}, {"disconnect": True}], ids=["error", "disconnect"])
async def test_a_lost_answer_posts_one_picture(studio: Studio, card: Message, fault: dict[str, bool]) -> None:
    path = f"/channels/{card.channel.id}/messages"
    studio.sandbox.faults.next("POST", path, after_write=True, **fault)
    studio.engine.holding = False
    final = await studio.final()
    await studio.settled()
    assert studio.finals() == [final] and studio.sandbox.faults.pending == 0
    assert (await studio.job_of(final)).state is State.DELIVERED


async def test_a_lost_answer_is_found_again_when_the_nonce_is_forgotten(studio: Studio, card: Message) -> None:
    studio.sandbox.faults.next("POST", f"/channels/{card.channel.id}/messages", after_write=True, disconnect=True)
    studio.engine.holding = False
    await studio.sandbox.until(studio.finals)
    studio.sandbox.advance(3600)
    await studio.final()
    await studio.settled()
    assert len(studio.finals()) == 1


async def never(*_: object) -> int:
    """The process dies in here."""
    return await asyncio.Future()


async def reached(studio: Studio, job_id: int, state: State) -> Job:
    async with asyncio.timeout(PATIENCE_S):
        while (job := await studio.bot.queue.get(job_id)) is None or job.state is not state:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return job


async def test_after_a_crash_between_posting_and_noting_it_nothing_is_posted_again(
    studio: Studio, card: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await studio.job_of(card)
    monkeypatch.setattr(studio.bot.queue, "delivered", never)
    studio.engine.holding = False
    await studio.sandbox.until(studio.finals)
    await studio.stop()
    studio.sandbox.advance(3600)
    await studio.start()
    await reached(studio, job.id, State.DELIVERED)
    (final,) = studio.finals()
    assert (await studio.job_of(final)).id == job.id


async def test_after_a_crash_before_posting_it_is_posted(
    studio: Studio, card: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await studio.job_of(card)
    monkeypatch.setattr(studio.bot.publisher, "deliver", never)
    studio.engine.holding = False
    await reached(studio, job.id, State.RENDERED)
    await studio.stop()
    await studio.start()
    final = await studio.final()
    assert final.channel is card.channel and len(studio.engine.starts) == 1


@pytest.mark.parametrize("recipe_kept", [True, False], ids=["recipe kept", "recipe lost"])
async def test_a_picture_whose_bundle_is_no_longer_configured_is_delivered_all_the_same(
    studio: Studio, card: Message, monkeypatch: pytest.MonkeyPatch, recipe_kept: bool
) -> None:
    job = await studio.job_of(card)
    monkeypatch.setattr(studio.bot.publisher, "deliver", never)
    if not recipe_kept:
        monkeypatch.setattr(run_events, "_recipe", lambda *_: None)
    studio.engine.holding = False
    rendered = await reached(studio, job.id, State.RENDERED)
    await studio.stop()
    studio.engine.bundle = replace(BUNDLE, name="another")
    engine = studio.config.engine.model_copy(update={"default_bundle": "another", "bundles": ("another",)})
    studio.config = studio.config.model_copy(update={"engine": engine})
    await studio.start()
    final = await studio.final()
    line = recipe.read(final.attachments[0].bytes)
    assert line is not None and line.startswith("a red car --seed") and "--bundle starter" in line
    assert ("[weights 1a2b3c4d5e6f, " in line) is recipe_kept and (line == rendered.recipe) is recipe_kept
    await studio.settled()
    for label in ("Rerun", "Upscale", "Continue"):
        told = await (await studio.ada.click(final, label=label)).text()
        assert "starter" in told and "another" in told, told
    assert "a red car" in await (await studio.ada.slash(studio.channel, "show", job=str(job.id))).text()
    assert len(studio.engine.starts) == 1


async def test_an_older_picture_of_the_same_number_is_not_mistaken_for_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = await studio.ada.open_dm()
    await studio.ada.slash(direct, "imagine", prompt="a red car")
    await studio.final(1, direct)
    await studio.stop()
    for file in Path(studio.config.queue.files).parent.glob("faraday.db*"):
        file.unlink()
    await studio.start()
    monkeypatch.setattr(studio.bot.publisher, "deliver", never)
    await studio.ada.slash(direct, "imagine", prompt="a green car")
    await reached(studio, 1, State.RENDERED)
    await studio.stop()
    await studio.start()
    final = await studio.final(2, direct)
    assert "a green car" in final.content
    assert {m.attachments[0].filename for m in studio.finals(direct)} == {"faraday-1.png"}


async def test_when_the_thread_is_closed_to_the_bot_it_comes_to_the_channel(studio: Studio, card: Message) -> None:
    studio.channel.set_permissions(deny=int(Permissions.SEND_MESSAGES_IN_THREADS))
    studio.engine.holding = False
    assert (await studio.final()).channel is studio.channel


async def test_when_all_is_closed_the_job_fails_and_its_picture_is_kept(studio: Studio, card: Message) -> None:
    job = await studio.job_of(card)
    studio.channel.set_permissions(deny=int(Permissions.SEND_MESSAGES_IN_THREADS | Permissions.SEND_MESSAGES))
    direct = await studio.ada.open_dm()
    studio.sandbox.faults.next("POST", f"/channels/{direct.id}/messages", status=403, times=4)
    studio.engine.holding = False
    failed = await reached(studio, job.id, State.FAILED)
    assert "may no longer post" in (failed.error or "")
    assert studio.bot.files.final(job.id).exists() and not studio.finals() and not studio.finals(direct)


async def test_an_archived_thread_takes_the_picture_all_the_same(studio: Studio, card: Message) -> None:
    card.channel.archive()
    studio.engine.holding = False
    assert (await studio.final()).channel is card.channel


async def test_in_place_of_a_locked_or_deleted_thread_the_channel_takes_it(studio: Studio, card: Message) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a green car")
    await studio.begun(2)
    other = await studio.card("a green car**\n▰")
    card.channel.archive(locked=True)
    threads.delete(studio.sandbox.world, other.channel)
    studio.engine.holding = False
    await studio.final(2)
    assert [final.channel for final in studio.finals()] == [studio.channel] * 2


async def test_after_a_deleted_channel_it_comes_by_direct_message(studio: Studio, card: Message) -> None:
    guilds.close_channel(studio.sandbox.world, studio.channel)
    studio.engine.holding = False
    final = await studio.final(1, await studio.ada.open_dm())
    assert f"I may not post in <#{studio.channel.id}>" in final.content


async def test_from_a_server_that_it_was_removed_from_it_comes_by_direct_message(studio: Studio, card: Message) -> None:
    guild = studio.bot.get_guild(studio.guild.id)
    assert guild is not None
    await guild.leave()
    studio.engine.holding = False
    await studio.final(1, await studio.ada.open_dm())


async def test_the_message_that_asked_and_the_parents_may_be_deleted_meanwhile(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    parent = await studio.final()
    studio.engine.holding = True
    asked = await studio.ada.say(parent.channel, ".edit a blue car", reply_to=parent)
    await studio.card("2 of 3 iterations")
    await studio.ada.delete(asked)
    posts.delete(studio.sandbox.world, parent)
    studio.engine.holding = False
    edited = await studio.sandbox.until(
        lambda: next((one for one in studio.finals() if "edit of" in one.content), None)
    )
    assert edited.channel is parent.channel
    answer = await studio.ada.click(edited, label="Rerun")
    assert "(#" in await answer.text()
    await studio.final(2)


async def test_a_deleted_card_is_not_missed(studio: Studio, card: Message) -> None:
    role = studio.guild.create_role(
        "moderator", permissions=int(Permissions.MANAGE_MESSAGES | Permissions.VIEW_CHANNEL)
    )
    eve = studio.guild.add_member("eve", roles=(role,))
    await eve.delete(card)
    studio.engine.holding = False
    assert (await studio.final()).channel is card.channel


async def test_a_crash_between_the_job_and_its_card_leaves_neither_without_the_other(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.engine.holding = True
    monkeypatch.setattr(studio.bot.publisher, "open", never)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    async with asyncio.timeout(PATIENCE_S):
        while not studio.engine.starts:
            studio.bot.dispatcher.wake()
            await asyncio.sleep(0.02)
    await studio.stop()
    assert not studio.everywhere()
    await studio.start()
    card = await studio.card("2 of 4 iterations")
    studio.engine.holding = False
    final = await studio.final()
    assert final.channel is card.channel is studio.channel.threads[0]


async def test_when_the_channel_is_closed_it_comes_by_direct_message_and_says_why(
    studio: Studio, card: Message
) -> None:
    studio.channel.set_permissions(deny=int(Permissions.SEND_MESSAGES_IN_THREADS | Permissions.SEND_MESSAGES))
    studio.engine.holding = False
    direct = await studio.ada.open_dm()
    final = await studio.final(1, direct)
    assert f"I may not post in <#{studio.channel.id}>" in final.content
    await studio.stop()
    await studio.start()
    await studio.ada.react(final, "🔁")
    await studio.final(2, direct)


def noise(seed: int, size: tuple[int, int]) -> bytes:
    """A picture that as PNG is larger than as JPEG, like every painted one."""
    out = io.BytesIO()
    Image.effect_noise(size, 100).convert("RGB").save(out, format="PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("refusals", "name", "side", "note"), [(2, "jpg", 128, "a JPEG here"), (3, "jpg", 64, "smaller here")]
)
async def test_a_picture_that_is_too_large_is_re_encoded_and_then_made_smaller_and_it_is_said(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, refusals: int, name: str, side: int, note: str
) -> None:
    monkeypatch.setattr(scripted, "plain", noise)
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", size="128x128")
    card = await studio.card("2 of 4 iterations")
    studio.sandbox.faults.next("POST", f"/channels/{card.channel.id}/messages", status=413, times=refusals)
    studio.engine.holding = False
    final = await studio.final()
    assert final.attachments[0].filename == f"faraday-1.{name}" and note in final.content
    assert f"{side}×{side} px" in final.content


async def test_a_picture_that_no_channel_takes_at_any_size_ends_in_a_clear_word(studio: Studio, card: Message) -> None:
    studio.sandbox.faults.next("POST", f"/channels/{card.channel.id}/messages", status=413, times=2)
    studio.engine.holding = False
    await studio.sandbox.until(
        lambda: any("too large for Discord here" in one.content for one in card.channel.messages)
    )


async def test_in_a_post_of_a_forum_it_paints_into_the_post(studio: Studio) -> None:
    forum = studio.guild.create_forum("gallery")
    post = await studio.ada.open_post(forum, "Cars", "Which colour?")
    await studio.ada.slash(post, "imagine", prompt="a red car")
    final = await studio.sandbox.until(lambda: studio.finals(post))
    assert final[0].channel is post and not studio.channel.threads
