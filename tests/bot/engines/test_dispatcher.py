"""The dispatcher between a real database and spawned processes, told of through a watching observer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.job import Cell, Job, NewJob, State
from bot.engines.dispatcher import Backoff
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from engine.messages import RunFinished
from tests.bot import engine_children as children
from tests.bot.studio import SPEC, Studio, eventually

MakeJob = Callable[..., NewJob]
FINISHED = RunFinished(job_id=1, iteration=12, loss=0.5, image=b"png", seconds=2.0)


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
