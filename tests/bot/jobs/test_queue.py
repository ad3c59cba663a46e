"""The queue on real databases: fair order, single claims, and what each state allows."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from bot.domain.job import Job, Kind, NewJob, State
from bot.errors import OverQuota
from bot.jobs.files import Files
from bot.jobs.inputs import InputLost, Inputs
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from engine.messages import RunFinished
from tests.bot.conftest import ON_BOTH

MakeJob = Callable[..., NewJob]
FINISHED = RunFinished(job_id=1, iteration=20, loss=0.5, image=b"png", seconds=2.0)


pytestmark = ON_BOTH


async def submit(queue: Queue, new: NewJob, init_image: bytes | None = None) -> Job:
    return await queue.submit(new, Inputs(init_image=init_image), quota=Quota())


async def claimed(queue: Queue) -> list[int]:
    """The requesters of all queued jobs as their turns come."""
    order = []
    while job := await queue.claim():
        order.append(job.requester_id)
    return order


async def to(state: State, queue: Queue, new: NewJob) -> int:
    """A job in that state."""
    job = await submit(queue, new)
    if state is State.CANCELLED:
        assert await queue.cancelled(job.id)
    elif state is not State.QUEUED:
        assert await queue.claim()
        if state is State.FAILED:
            assert await queue.failed(job.id, "It broke.")
        elif state is not State.RUNNING:
            assert await queue.rendered(job.id, b"png", FINISHED)
            if state is State.DELIVERED:
                assert await queue.delivered(job.id, 99)
    return job.id


async def test_a_submitted_job_comes_back_as_it_was_given(queue: Queue, new_job: MakeJob) -> None:
    parent = await submit(queue, new_job())
    new = new_job(
        5,
        kind=Kind.EDIT,
        guild_id=2**62,
        source_message_id=11,
        parent_id=parent.id,
        parent_message_id=12,
        parent_channel_id=13,
        input_hash="ab" * 32,
        mask_hash="cd" * 32,
        image_prompt_hashes=("ef" * 32, "01" * 32),
        input_facts=("input: colours converted to sRGB",),
        notes=("Your picture is animated: I use its first frame.",),
    )
    job = await queue.submit(
        new, Inputs(init_image=b"init", mask=b"mask", image_prompts=(b"one", b"two")), quota=Quota()
    )
    assert await queue.get(job.id) == job
    assert {name: getattr(job, name) for name in NewJob.__dataclass_fields__} == {
        name: getattr(new, name) for name in NewJob.__dataclass_fields__
    }
    assert (job.state, job.attempt) == (State.QUEUED, 1)
    assert job.created_at.utcoffset() is not None


async def test_a_run_without_a_loss_leaves_none_in_the_record(queue: Queue, new_job: MakeJob) -> None:
    job = await submit(queue, new_job())
    assert await queue.claim()
    assert await queue.rendered(job.id, b"png", dataclasses.replace(FINISHED, loss=float("nan")))  # strength 0
    read = await queue.get(job.id)
    assert read is not None and read.loss is None


async def test_the_pictures_of_a_job_are_stored_and_each_has_its_hash(
    queue: Queue, files: Files, new_job: MakeJob
) -> None:
    inputs = Inputs(init_image=b"picture", mask=b"mask", image_prompts=(b"one", b"two"))
    hashes = {"input_hash": "ab" * 32, "mask_hash": "cd" * 32, "image_prompt_hashes": ("ef" * 32, "01" * 32)}
    job = await queue.submit(new_job(**hashes), inputs, quota=Quota())
    assert await Inputs.read(files, job.id, job) == inputs
    files.image_prompt(job.id, 1).unlink()
    with pytest.raises(InputLost):
        await Inputs.read(files, job.id, job)
    for name in hashes:
        with pytest.raises(ValueError, match=name):
            await queue.submit(new_job(**{name: hashes[name]}), quota=Quota())
    with pytest.raises(ValueError, match="mask_hash"):
        await queue.submit(new_job(), Inputs(mask=b"mask"), quota=Quota())
    assert (await queue.counts())[State.QUEUED] == 1


async def test_a_job_whose_picture_cannot_be_stored_is_not_queued(queue: Queue, files: Files, new_job: MakeJob) -> None:
    files.root.write_text("a file where the folder should be")
    with pytest.raises(OSError):
        await submit(queue, new_job(input_hash="ab" * 32), b"picture")
    assert (await queue.counts())[State.QUEUED] == 0


async def test_files_that_an_older_database_left_are_not_taken_for_the_jobs_own(
    queue: Queue, files: Files, new_job: MakeJob
) -> None:
    await files.write(files.checkpoint(1), b"of another job")
    job = await submit(queue, new_job())
    assert job.id == 1
    assert await files.read(files.checkpoint(1)) is None


async def test_requesters_take_turns_and_each_is_served_in_order(queue: Queue, new_job: MakeJob) -> None:
    for requester in (1, 1, 1, 2, 2, 3):
        await submit(queue, new_job(requester))
    assert [(await queue.claim()).id for _ in range(6)] == [1, 4, 6, 2, 5, 3]  # type: ignore[union-attr]
    assert await queue.claim() is None


async def test_who_was_served_longest_ago_is_next(queue: Queue, new_job: MakeJob) -> None:
    for requester in (1, 2):
        await submit(queue, new_job(requester))
    assert await claimed(queue) == [1, 2]
    for requester in (2, 2, 1, 3):
        await submit(queue, new_job(requester))
    assert await claimed(queue) == [3, 1, 2, 2]


async def test_places_foretell_the_claims(queue: Queue, new_job: MakeJob) -> None:
    for requester in (1, 1, 1, 2, 3, 3, 2):
        await submit(queue, new_job(requester))
    first = await queue.claim()
    assert first
    await queue.requeue(first.id)  # begun once, so it comes before all others
    foretold = [job.id for job in await queue.waiting()]
    assert [await queue.position(job_id) for job_id in foretold] == [1, 2, 3, 4, 5, 6, 7]
    actual = [job.id for _ in range(7) if (job := await queue.claim())]
    assert actual == foretold
    assert actual[0] == first.id
    assert await queue.position(first.id) == 0


async def test_concurrent_claims_never_give_one_job_twice(queue: Queue, new_job: MakeJob) -> None:
    for number in range(12):
        await submit(queue, new_job(number % 3))
    got = [job.id for job in await asyncio.gather(*(queue.claim() for _ in range(16))) if job]
    while job := await queue.claim():  # a claim may find all it saw taken, and then come back with none
        got.append(job.id)
    assert sorted(got) == [*range(1, 13)]


async def test_the_cap_on_waiting_jobs_holds_for_one_requester_even_at_once(queue: Queue, new_job: MakeJob) -> None:
    async def ask(requester: int) -> Job | OverQuota:
        try:
            return await queue.submit(new_job(requester), quota=Quota(max_queued=2))
        except OverQuota as error:
            return error

    answers = await asyncio.gather(*(ask(1) for _ in range(6)))
    assert sum(isinstance(answer, Job) for answer in answers) == 2
    refusal = next(answer for answer in answers if isinstance(answer, OverQuota))
    assert "2 pictures waiting" in str(refusal)
    assert isinstance(await ask(2), Job)


async def test_running_jobs_do_not_count_as_waiting(queue: Queue, new_job: MakeJob) -> None:
    await queue.submit(new_job(), quota=Quota(max_queued=1))
    await queue.claim()
    assert await queue.submit(new_job(), quota=Quota(max_queued=1))


@pytest.mark.parametrize(
    ("step", "allowed"),
    [
        ("rendered", {State.RUNNING}),
        ("delivered", {State.RENDERED}),
        ("failed", {State.QUEUED, State.RUNNING, State.RENDERED}),
        ("cancelled", {State.QUEUED, State.RUNNING}),
        ("requeue", {State.RUNNING}),
        ("stop", {State.RUNNING}),
    ],
)
async def test_only_the_allowed_states_lead_on(queue: Queue, new_job: MakeJob, step: str, allowed: set[State]) -> None:
    arguments = {"rendered": (b"png", FINISHED), "delivered": (99,), "failed": ("It broke.",)}
    for state in State:
        job_id = await to(state, queue, new_job())
        before = await queue.get(job_id)
        done = await getattr(queue, step)(job_id, *arguments.get(step, ()))
        assert bool(done) == (state in allowed), f"{step} from {state}"
        if not done:
            assert await queue.get(job_id) == before
        await queue.cancelled(job_id)  # so that the next one is the only one to claim


async def test_a_rendered_picture_is_on_disk_with_its_numbers(queue: Queue, files: Files, new_job: MakeJob) -> None:
    job_id = await to(State.RENDERED, queue, new_job())
    job = await queue.get(job_id)
    assert job
    assert files.final(job_id).read_bytes() == b"png"
    assert (job.iteration, job.loss, job.seconds, job.stopped) == (20, 0.5, 2.0, False)


async def test_requeue_counts_attempts_and_gives_up_at_the_cap(queue: Queue, new_job: MakeJob) -> None:
    job = await submit(queue, new_job())
    states = []
    for _ in range(3):
        await queue.claim()
        states.append(await queue.requeue(job.id))
    assert states == [State.QUEUED, State.QUEUED, State.FAILED]
    given_up = await queue.get(job.id)
    assert given_up and given_up.attempt == 3
    assert "stopped 3 times" in (given_up.error or "")
    assert [told.id for told in await queue.unannounced()] == [job.id]


async def test_restart_requeues_running_jobs_and_leaves_the_rest(queue: Queue, new_job: MakeJob) -> None:
    # Queued last, since the others are claimed on their way.
    order = [state for state in State if state is not State.QUEUED] + [State.QUEUED]
    made = {state: await to(state, queue, new_job()) for state in order}
    await queue.recover()
    found = {state: await queue.get(job_id) for state, job_id in made.items()}
    assert {state: job.state for state, job in found.items() if job} == {
        state: State.QUEUED if state is State.RUNNING else state for state in State
    }
    assert [job.attempt for state, job in found.items() if job and state is State.RUNNING] == [2]
    told = [job.id for job in await queue.unannounced()]
    assert told == sorted(made[state] for state in (State.RENDERED, State.FAILED, State.CANCELLED))


async def test_an_orderly_shutdown_counts_as_no_attempt(queue: Queue, new_job: MakeJob) -> None:
    job_id = await to(State.RUNNING, queue, new_job())
    await queue.stop(job_id)
    await queue.release()
    job = await queue.get(job_id)
    assert job and (job.state, job.attempt, job.stopped) == (State.QUEUED, 1, True)


async def test_a_caller_that_is_cancelled_leaves_no_lock_behind(queue: Queue, new_job: MakeJob) -> None:
    for delay in (0.0, 0.0005, 0.001, 0.002, 0.004):
        calls = [asyncio.create_task(submit(queue, new_job(input_hash="ab" * 32), b"init")) for _ in range(6)]
        calls += [asyncio.create_task(queue.counts()) for _ in range(6)]  # type: ignore[arg-type]
        await asyncio.sleep(delay)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        async with asyncio.timeout(30):
            await submit(queue, new_job())


async def test_a_job_is_found_by_its_messages_and_the_newest_picture_by_its_place(
    queue: Queue, new_job: MakeJob
) -> None:
    first, second = [await to(State.DELIVERED, queue, new_job(channel_id=10)) for _ in range(2)]
    await to(State.RENDERED, queue, new_job(channel_id=10))
    await queue.place(first, thread_id=20, card_message_id=21)
    for message_id, job_id in ((21, first), (99, second)):
        job = await queue.by_message(message_id)
        assert job and job.id == job_id
    assert await queue.by_message(12345) is None
    newest = [await queue.newest_picture(places) for places in ([10], [20], [11, 20], [11], [])]
    assert [job.id if job else None for job in newest] == [second, first, first, None, None]


async def test_what_was_announced_is_not_announced_again(queue: Queue, new_job: MakeJob) -> None:
    job_id = await to(State.FAILED, queue, new_job())
    await queue.announced(job_id)
    assert await queue.unannounced() == []


async def test_counts_name_every_state(queue: Queue, new_job: MakeJob) -> None:
    await to(State.FAILED, queue, new_job())
    assert await queue.counts() == dict.fromkeys(State, 0) | {State.FAILED: 1}


async def test_what_the_check_said_of_a_picture_is_kept(queue: Queue, new_job: MakeJob) -> None:
    job_id = await to(State.RUNNING, queue, new_job())
    finished = RunFinished(job_id=job_id, iteration=4, loss=0.1, image=b"", seconds=1.0, unsafe=0.25, film_unsafe=0.75)
    assert await queue.rendered(job_id, b"png", finished)
    job = await queue.get(job_id)
    assert job and (job.unsafe, job.film_unsafe) == (0.25, 0.75)
