"""What the dispatcher does when an engine dies, a delivery fails, or the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.database.connection import Database
from bot.domain.job import Job, NewJob, State
from bot.engines.dispatcher import DeliveryImpossible
from bot.errors import NoDatabase
from engine.messages import RunFinished
from tests.bot import engine_children as children
from tests.bot.studio import Studio, eventually

MakeJob = Callable[..., NewJob]
FINISHED = RunFinished(job_id=1, iteration=12, loss=0.5, image=b"png", seconds=2.0)


async def test_an_engine_killed_in_mid_run_is_restarted_and_the_job_resumed(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        await studio.channel.until(lambda: max(studio.channel.frames.get(job_id, [0])) > 7)
        studio.kill_engine()
        await studio.channel.until(lambda: studio.channel.calls.count(("started", job_id)) == 2)
        assert await studio.dispatcher.stop_job(job_id)
        job = await studio.reached(job_id, State.DELIVERED)
    assert (job.attempt, job.stopped) == (2, True)
    begun_at = int(studio.channel.posted[job_id].split(b"begun at ")[1].split(b",")[0])
    assert begun_at >= 5 and begun_at % children.CHECKPOINT_EVERY == 0
    assert studio.channel.posts == 1


async def test_a_job_that_kills_its_engines_is_given_up_and_spares_its_neighbours(
    studio: Studio, new_job: MakeJob
) -> None:
    async with studio.open(slots=3):
        ids = [await studio.ask(new_job(user), prompt) for user, prompt in ((1, "poison"), (2, "a"), (3, "b"))]
        for job_id in ids[1:]:
            await studio.reached(job_id, State.DELIVERED)
        poison = await studio.reached(ids[0], State.FAILED)
        await studio.channel.told("failed", ids[0])
        after = await studio.ask(new_job(4), "a green car")
        await studio.reached(after, State.DELIVERED)
    assert poison.attempt == 3
    assert "The engine stopped 3 times" in studio.channel.details[ids[0]]


async def test_the_last_attempt_runs_alone(studio: Studio, new_job: MakeJob) -> None:
    suspect = await studio.ask(new_job(1), "an endless sea")
    for _ in range(2):
        await studio.queue.claim()
        await studio.queue.requeue(suspect)
    other = await studio.ask(new_job(2))
    async with studio.open(slots=2):
        await studio.channel.until(lambda: len(studio.channel.frames.get(suspect, ())) > 5)
        assert (await studio.job(suspect)).attempt == 3
        assert (await studio.job(other)).state is State.QUEUED
        await studio.dispatcher.stop_job(suspect)
        await studio.reached(other, State.DELIVERED)


async def test_a_last_attempt_waits_for_an_empty_engine_and_can_be_cancelled_meanwhile(
    studio: Studio, new_job: MakeJob
) -> None:
    async with studio.open(slots=2):
        endless = await studio.ask(new_job(1), "an endless sea")
        await studio.reached(endless, State.RUNNING)
        suspects = []
        async with studio.dispatcher._lock:  # nothing is claimed while the attempts are made
            for user in (2, 3):
                suspects.append(await studio.ask(new_job(user)))
                for _ in range(2):
                    await studio.queue.claim()
                    await studio.queue.requeue(suspects[-1])
        await studio.reached(suspects[0], State.RUNNING)
        assert ("started", suspects[0]) not in studio.channel.calls
        assert await studio.dispatcher.cancel_job(suspects[0])
        await studio.channel.told("cancelled", suspects[0])
        assert await studio.dispatcher.cancel_job(endless)
        await studio.reached(suspects[1], State.DELIVERED)
    assert ("started", suspects[0]) not in studio.channel.calls


async def test_jobs_that_another_process_left_are_finished_and_delivered_once(studio: Studio, new_job: MakeJob) -> None:
    """As a bot killed in mid-run and in mid-delivery leaves them."""
    ids = [await studio.ask(new_job()) for _ in range(4)]
    rendered, posted, running = [job.id for _ in range(3) if (job := await studio.queue.claim())]
    for job_id in (rendered, posted):
        await studio.queue.rendered(job_id, b"kept picture", FINISHED)
    studio.channel.posted[posted] = b"kept picture"  # it died between the post and its note
    await studio.files.write(studio.files.checkpoint(running), b"10")
    async with studio.open():
        for job_id in ids:
            await studio.reached(job_id, State.DELIVERED)
    assert [(await studio.job(job_id)).attempt for job_id in ids] == [1, 1, 2, 1]
    assert studio.channel.posts == 3  # all but the one that was there
    assert studio.channel.posted[rendered] == b"kept picture"
    assert b"begun at 10" in studio.channel.posted[running]


async def test_a_delivery_that_fails_is_tried_again_and_posts_once(studio: Studio, new_job: MakeJob) -> None:
    studio.channel.troubles = [ConnectionResetError("while waiting for the answer"), TimeoutError()]
    async with studio.open():
        job_id = await studio.ask(new_job())
        await studio.reached(job_id, State.DELIVERED)
    assert studio.channel.posts == 1


async def test_an_impossible_delivery_fails_the_job_and_is_not_tried_again(studio: Studio, new_job: MakeJob) -> None:
    gone = DeliveryImpossible("The channel is gone.")
    studio.channel.troubles = [gone, gone]  # for the picture, then for the news of the failure
    async with studio.open():
        job_id = await studio.ask(new_job())
        job = await studio.reached(job_id, State.FAILED)

        async def all_announced() -> bool:
            return not await studio.queue.unannounced()

        await eventually(all_announced)
    assert job.error == "The channel is gone."
    assert studio.files.final(job_id).exists()


async def test_news_of_a_failure_survives_an_outage(studio: Studio, new_job: MakeJob) -> None:
    studio.channel.troubles = [ConnectionResetError()]
    async with studio.open():
        job_id = await studio.ask(new_job(), "failing")
        await studio.channel.told("failed", job_id)
        await studio.ask(new_job())
    assert studio.channel.details == {job_id: "Write it anew."}
    assert (await studio.job(job_id)).attempt == 1


async def test_a_stale_checkpoint_is_dropped_and_the_run_begun_anew(studio: Studio, new_job: MakeJob) -> None:
    job_id = await studio.ask(new_job(), "stale weights")
    await studio.files.write(studio.files.checkpoint(job_id), b"5")
    async with studio.open():
        job = await studio.reached(job_id, State.DELIVERED)
    assert job.attempt == 2
    assert b"begun at 0" in studio.channel.posted[job_id]


async def test_an_engine_that_cannot_start_keeps_the_jobs_waiting(
    studio: Studio, new_job: MakeJob, caplog: pytest.LogCaptureFixture
) -> None:
    async with studio.open(target=children.without_weights):
        job_id = await studio.ask(new_job())
        await eventually(lambda: caplog.text.count("The weights are missing: run setup") > 1)
    job = await studio.job(job_id)
    assert (job.state, job.attempt) == (State.QUEUED, 1)


async def test_a_claim_whose_answer_was_lost_with_the_database_is_made_again(
    studio: Studio, new_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, lost = studio.queue.claim, list[int]()

    async def once_in_vain() -> Job | None:
        job = await claim()
        if job is not None and not lost:
            lost.append(job.id)
            raise NoDatabase("the connection broke off")
        return job

    monkeypatch.setattr(studio.queue, "claim", once_in_vain)
    async with studio.open():
        job_id = await studio.ask(new_job())
        job = await studio.reached(job_id, State.DELIVERED)
    assert lost == [job_id] and job.attempt == 1


async def test_what_serves_waits_for_a_database_that_is_away(
    studio: Studio, new_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, away = Database.transact, asyncio.Event()

    async def cut(*arguments: Any) -> Any:
        if away.is_set():
            raise NoDatabase("it is away")
        return await transact(*arguments)

    monkeypatch.setattr(Database, "transact", cut)
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        await studio.channel.until(lambda: max(studio.channel.frames.get(job_id, [0])) > 2)
        away.set()
        with pytest.raises(NoDatabase):
            await studio.dispatcher.stop_job(job_id)
        studio.kill_engine()
        await asyncio.sleep(0.2)
        away.clear()
        await studio.channel.until(lambda: studio.channel.calls.count(("started", job_id)) == 2)
        assert await studio.dispatcher.stop_job(job_id)
        job = await studio.reached(job_id, State.DELIVERED)
    assert job.attempt == 2
