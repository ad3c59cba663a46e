"""The dispatcher between a real database and spawned processes, told of through a watching observer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.database.connection import Database
from bot.domain.job import Cell, Job, NewJob, State
from bot.engines.dispatcher import Backoff, DeliveryImpossible
from bot.errors import NoDatabase
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from engine.messages import RunFinished
from tests.bot import engine_children as children
from tests.bot.studio import SPEC, Channel, Studio, eventually

MakeJob = Callable[..., NewJob]
FINISHED = RunFinished(job_id=1, iteration=12, loss=0.5, image=b"png", seconds=2.0)


@pytest.fixture
def studio(queue: Queue, files: Files) -> Studio:
    return Studio(queue, files, Channel())


async def test_a_job_goes_from_the_queue_to_its_delivery(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "a red car", init=b"start here")
        job = await studio.reached(job_id, State.DELIVERED)
    calls = [call for call, _ in studio.channel.calls]
    assert calls[0] in ("queued", "started")  # whichever is quicker
    assert calls[-1] == "delivered"
    assert studio.channel.frames[job_id] == sorted(studio.channel.frames[job_id])
    assert studio.channel.posted[job_id] == b"a red car, seed 7, begun at 0, init b'start here'"
    assert (job.final_message_id, job.iteration, job.loss, job.attempt) == (1000 + job_id, 12, 0.5, 1)
    assert studio.files.checkpoint(job_id).exists()  # to be continued from
    assert await studio.queue.unannounced() == []


async def test_the_recipe_of_a_job_has_the_words_that_the_engine_drew(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        bare, named = await studio.ask(new_job(), "a cat"), await studio.ask(new_job(2), "a red car")
        recipes = [(await studio.reached(job_id, State.DELIVERED)).recipe or "" for job_id in (bare, named)]
    assert recipes[0].startswith("a cat --seed 7") and recipes[0].endswith(", read as “an orange cat on grass”]")
    assert recipes[1].startswith("a red car --seed 7") and "read as" not in recipes[1]


async def test_the_engines_word_of_itself_is_known_while_it_is_up_and_after(studio: Studio) -> None:
    async with studio.open():
        dispatcher = studio.dispatcher
        assert (dispatcher.ready, dispatcher.bundles) == (None, {})
        await eventually(studio.all_ready)
        assert dispatcher.bundles == {"starter": children.BUNDLE}
        assert (dispatcher.machine.threads, dispatcher.device) == (2, "cpu")
    assert dispatcher.ready is None
    assert dispatcher.bundles == {"starter": children.BUNDLE}


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


async def test_a_timelapse_is_kept_if_the_settings_ask_for_one(studio: Studio, new_job: MakeJob) -> None:
    for films in (True, False):
        async with studio.open(films=films):
            job_id = await studio.ask(new_job())
            await studio.reached(job_id, State.DELIVERED)
        assert await studio.files.read(studio.files.film(job_id)) == (b"begun at 0" if films else None)


async def test_a_waiting_job_is_cancelled_by_cancel_and_by_stop(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        first = await studio.ask(new_job(), "an endless sea")
        await studio.reached(first, State.RUNNING)
        waiting = [await studio.ask(new_job()) for _ in range(3)]
        assert await studio.dispatcher.cancel_job(waiting[0])
        assert await studio.dispatcher.stop_job(waiting[1])
        for job_id in waiting[:2]:
            await studio.channel.told("cancelled", job_id)
        await studio.channel.until(lambda: (waiting[2], 1) in studio.channel.places)
    assert not any(("started", job_id) in studio.channel.calls for job_id in waiting)


async def test_a_running_job_is_cancelled_at_once_and_frees_its_slot(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        endless = await studio.ask(new_job(), "an endless sea")
        following = await studio.ask(new_job())
        await studio.channel.until(lambda: len(studio.channel.frames.get(endless, ())) > 2)
        assert await studio.dispatcher.cancel_job(endless)
        assert not await studio.dispatcher.cancel_job(endless)
        await studio.reached(following, State.DELIVERED)
    assert studio.channel.calls.count(("cancelled", endless)) == 1
    spent = (await studio.job(endless)).seconds
    assert spent is not None and spent >= 2 * children.STEP_SECONDS  # of the engine's time, however long it lay there
    assert spent <= (studio.channel.frames[endless][-1] + 1) * children.STEP_SECONDS
    after = studio.channel.calls[studio.channel.calls.index(("cancelled", endless)) :]
    assert ("progressed", endless) not in after
    assert endless not in studio.channel.posted


async def test_a_running_job_is_stopped_and_its_picture_kept(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        await studio.channel.until(lambda: len(studio.channel.frames.get(job_id, ())) > 2)
        assert await studio.dispatcher.stop_job(job_id)
        job = await studio.reached(job_id, State.DELIVERED)
        assert not await studio.dispatcher.stop_job(job_id)
        assert not await studio.dispatcher.cancel_job(job_id)
    assert job.stopped and job.iteration >= 3
    assert job_id in studio.channel.posted


async def test_a_stop_outlives_the_engine(studio: Studio, new_job: MakeJob) -> None:
    job_id = await studio.ask(new_job(), "an endless sea")
    await studio.queue.claim()
    await studio.queue.stop(job_id)
    async with studio.open():
        job = await studio.reached(job_id, State.DELIVERED)
    assert job.stopped


async def test_stopping_the_dispatcher_puts_running_jobs_back_without_an_attempt(
    studio: Studio, new_job: MakeJob
) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        await studio.channel.until(lambda: len(studio.channel.frames.get(job_id, ())) > 6)
    job = await studio.job(job_id)
    assert (job.state, job.attempt) == (State.QUEUED, 1)
    assert studio.files.checkpoint(job_id).exists()
    assert studio.clients[0].pid is None


async def test_positions_are_told_once_each_as_they_change(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        first = await studio.ask(new_job(), "an endless sea")
        await studio.reached(first, State.RUNNING)
        second, third = await studio.ask(new_job(), "an endless sea"), await studio.ask(new_job())
        await studio.channel.until(lambda: (third, 2) in studio.channel.places)
        await studio.dispatcher.cancel_job(first)
        await studio.channel.until(lambda: (third, 1) in studio.channel.places)
    places = [entry for entry in studio.channel.places if entry[0] != first]
    assert places == [(second, 1), (third, 2), (third, 1)]


async def test_the_least_loaded_engine_takes_the_next_job(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open(slots=2, engines=2):
        await eventually(studio.all_ready)
        ids = [await studio.ask(new_job(user), "an endless sea") for user in (1, 2)]
        for job_id in ids:
            await studio.channel.told("started", job_id)
        assert [len(lane.runs) for lane in studio.dispatcher.lanes] == [1, 1]


async def test_an_engine_that_chose_its_device_gets_one_beside_it_for_each_other(
    studio: Studio, new_job: MakeJob
) -> None:
    async with studio.open(target=children.sketch_that_left_a_device):
        await eventually(lambda: len(studio.dispatcher.lanes) == 2 and studio.all_ready())
        ids = [await studio.ask(new_job(user), "an endless sea") for user in (1, 2)]
        for job_id in ids:
            await studio.channel.told("started", job_id)
        assert [[*lane.runs] for lane in studio.dispatcher.lanes] == [[ids[0]], [ids[1]]]
        studio.kill_engine()  # the one that chose, and says again what it left
        await eventually(lambda: studio.channel.calls.count(("started", ids[0])) == 2)
        assert [[*lane.runs] for lane in studio.dispatcher.lanes] == [[ids[0]], [ids[1]]]
        assert studio.dispatcher.lanes[1].ready and studio.dispatcher.lanes[1].ready.device == "cuda:1"


async def test_the_time_left_is_known_once_two_iterations_were_seen(studio: Studio, new_job: MakeJob) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        assert studio.dispatcher.seconds_left(job_id) is None
        await studio.channel.until(lambda: len(studio.channel.frames.get(job_id, ())) > 3)
        left = studio.dispatcher.seconds_left(job_id)
    assert left is not None and 0 <= left < 5


async def test_an_engine_that_cannot_start_keeps_the_jobs_waiting(
    studio: Studio, new_job: MakeJob, caplog: pytest.LogCaptureFixture
) -> None:
    async with studio.open(target=children.without_weights):
        job_id = await studio.ask(new_job())
        await eventually(lambda: caplog.text.count("The weights are missing: run setup") > 1)
    job = await studio.job(job_id)
    assert (job.state, job.attempt) == (State.QUEUED, 1)


async def test_a_lost_picture_to_start_from_fails_the_job_with_advice(studio: Studio, new_job: MakeJob) -> None:
    job_id = await studio.ask(new_job(), init=b"start here")
    studio.files.init_image(job_id).unlink()
    async with studio.open():
        await studio.channel.told("failed", job_id)
        other = await studio.ask(new_job())
        await studio.reached(other, State.DELIVERED)
    assert "Please send it again." in studio.channel.details[job_id]


async def test_errors_of_the_observer_in_passing_do_not_disturb_the_run(
    studio: Studio, new_job: MakeJob, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionResetError

    for call in ("queued", "started", "progressed"):
        setattr(studio.channel, call, broken)
    async with studio.open():
        job_id = await studio.ask(new_job())
        await studio.reached(job_id, State.DELIVERED)
    assert "telling of its progress failed" in caplog.text


def test_backoff_doubles_up_to_its_longest() -> None:
    assert [Backoff(first=1, longest=5).delay(failures) for failures in (1, 2, 3, 4, 5000)] == [1, 2, 4, 5, 5]


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


async def test_the_pictures_of_a_grid_are_not_looked_up_with_each_report(
    studio: Studio, new_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have no card whose message could be waited for."""
    get, asked = Queue.get, list[int]()

    async def counted(queue: Queue, job_id: int) -> Job | None:
        asked.append(job_id)
        return await get(queue, job_id)

    monkeypatch.setattr(Queue, "get", counted)
    endless = replace(
        new_job(), spec=replace(SPEC, prompt="an endless sea"), cell=Cell(title="a sea", label="", columns=1)
    )
    (job,) = await studio.queue.submit_grid([endless], quota=Quota())
    async with studio.open():
        await studio.channel.until(lambda: len(studio.channel.frames.get(job.id, [])) > 20)
        await studio.dispatcher.stop_job(job.id)
        await studio.channel.told("delivered", job.id)
    assert len(asked) < 10
