from __future__ import annotations

import dataclasses
import io
import queue

import av
import pytest
import torch
from PIL import Image

from engine.bundles.bundles import Bundle
from engine.messages import (
    CancelRun,
    Checkpointed,
    Command,
    Event,
    Failure,
    Film,
    Progress,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    Spec,
    StartRun,
    StopRun,
)
from engine.run import batch
from engine.run.run import Run
from engine.run.timelapse import FRAMES_PER_SECOND, HOLD_SECONDS, SLOWEST
from engine.serve.loop import Loop
from engine.serve.memory import StepMemory


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def loop(bundle: Bundle, events: list[Event]) -> Loop:
    return Loop({"starter": bundle}, events.append)


def finish(loop: Loop) -> None:
    while loop.active:
        loop.step()


def test_a_run_starts_progresses_checkpoints_and_finishes(loop: Loop, events: list[Event], spec: Spec) -> None:
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=1e-9, checkpoint_seconds=1e-9))
    finish(loop)
    assert events[0] == RunStarted(job_id=1, seed=7, width=32, height=48)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.iteration, event.iterations) for event in progress] == [(1, 4), (2, 4), (3, 4)]
    assert all(event.image and event.image.startswith(b"\x89PNG") for event in progress)
    assert [event.iteration for event in events if isinstance(event, Checkpointed)] == [1, 2, 3]
    final = events[-1]
    assert isinstance(final, RunFinished)
    assert final.iteration == 4
    assert not final.stopped


def test_a_run_resumed_in_another_loop_ends_with_the_same_picture(bundle: Bundle, spec: Spec) -> None:
    first: list[Event] = []
    loop = Loop({"starter": bundle}, first.append)
    loop.obey(StartRun(job_id=1, spec=spec, checkpoint_seconds=1e-9))
    finish(loop)
    state = next(event.state for event in first if isinstance(event, Checkpointed) and event.iteration == 2)
    second: list[Event] = []
    loop = Loop({"starter": bundle}, second.append)
    loop.obey(StartRun(job_id=1, spec=spec, resume_from=state))
    finish(loop)
    assert [event.iteration for event in second if isinstance(event, Progress)] == [3]
    assert isinstance(first[-1], RunFinished)
    assert isinstance(second[-1], RunFinished)
    assert first[-1].image == second[-1].image


def test_stop_keeps_the_picture_and_cancel_drops_it(loop: Loop, events: list[Event], spec: Spec) -> None:
    for job_id in (1, 2):
        loop.obey(StartRun(job_id=job_id, spec=spec))
    loop.step()
    loop.obey(StopRun(job_id=1))
    loop.obey(CancelRun(job_id=2))
    loop.obey(CancelRun(job_id=2))
    loop.step()
    stopped = [event for event in events if isinstance(event, RunFinished)]
    assert [(event.job_id, event.iteration, event.stopped) for event in stopped] == [(1, 1, True)]
    assert [event for event in events if isinstance(event, RunCancelled)] == [RunCancelled(job_id=2)]
    assert not loop.active


def test_a_bad_request_fails_with_its_reason_and_the_loop_lives_on(loop: Loop, events: list[Event], spec: Spec) -> None:
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, prompt="")))
    loop.obey(StartRun(job_id=2, spec=dataclasses.replace(spec, bundle="nowhere")))
    loop.obey(StartRun(job_id=3, spec=spec, init_image=b"no picture"))
    loop.obey(StartRun(job_id=4, spec=spec, resume_from=b"no checkpoint"))
    loop.obey(StartRun(job_id=5, spec=spec))
    finish(loop)
    failed = [event for event in events if isinstance(event, RunFailed)]
    assert [event.job_id for event in failed] == [1, 2, 3, 4]
    assert all(event.reason is Failure.BAD_REQUEST for event in failed)
    assert isinstance(events[-1], RunFinished)


EXHAUSTED = "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."


def test_out_of_memory_fails_one_run_with_advice_and_the_other_finishes(
    loop: Loop, events: list[Event], spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, chunks = batch.step, list[int | None]()

    def exhausted(runs: list[Run], chunk: int | None = None) -> None:
        if any(run.spec.seed == 13 for run in runs):
            chunks.append(chunk)
            raise RuntimeError(EXHAUSTED)
        step(runs, chunk)

    monkeypatch.setattr(batch, "step", exhausted)
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, seed=13, cutouts=4)))
    loop.obey(StartRun(job_id=2, spec=spec))
    finish(loop)
    assert chunks == [None, None, 2, 1]  # in company, alone, and with fewer cutouts at a time
    failed = next(event for event in events if isinstance(event, RunFailed))
    assert (failed.job_id, failed.reason) == (1, Failure.OUT_OF_MEMORY)
    assert failed.detail == "32×48 px took more memory than there is. The largest of this shape that fits is 28x44."
    assert [event.job_id for event in events if isinstance(event, RunFinished)] == [2]


def test_a_run_that_runs_out_of_memory_goes_on_with_fewer_cutouts_at_a_time_and_paints_the_same(
    loop: Loop, events: list[Event], spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, asked = batch.step, dataclasses.replace(spec, cutouts=5)
    whole = Run(asked, bundle)
    while not whole.finished:
        step([whole])

    def little(runs: list[Run], chunk: int | None = None) -> None:
        if chunk is None or chunk > 2:
            runs[0].draw()  # what was drawn for a step that failed is drawn again
            raise torch.OutOfMemoryError("CUDA out of memory.")
        step(runs, chunk)

    monkeypatch.setattr(batch, "step", little)
    loop.obey(StartRun(job_id=1, spec=asked))
    (active,) = loop.active.values()
    finish(loop)
    assert active.chunk == 2 and isinstance(events[-1], RunFinished)
    torch.testing.assert_close(active.run.z, whole.z, atol=2e-3, rtol=0)


def test_a_picture_that_can_never_fit_is_refused_with_the_largest_size_that_would(
    bundle: Bundle, events: list[Event], spec: Spec
) -> None:
    large = dataclasses.replace(spec, width=64, height=96)
    loop = Loop({"starter": bundle}, events.append, StepMemory(StepMemory(2**40).need(spec, bundle)))
    loop.obey(StartRun(job_id=1, spec=large))
    (failed,) = events
    assert isinstance(failed, RunFailed) and failed.reason is Failure.OUT_OF_MEMORY
    assert "64×96 px need about" in failed.detail
    width, height = map(int, failed.detail.removesuffix(".").split()[-1].split("x"))
    loop.obey(StartRun(job_id=2, spec=dataclasses.replace(spec, width=width, height=height)))
    finish(loop)
    assert isinstance(events[-1], RunFinished)


def test_runs_that_do_not_fit_beside_each_other_take_turns_and_chunks_are_chosen_by_what_fits(
    bundle: Bundle, events: list[Event], spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, steps = batch.step, list[tuple[list[int], int | None]]()

    def watched(runs: list[Run], chunk: int | None = None) -> None:
        steps.append(([run.spec.seed for run in runs], chunk))
        step(runs, chunk)

    monkeypatch.setattr(batch, "step", watched)
    small = dataclasses.replace(spec, cutouts=2, iterations=2)
    loop = Loop({"starter": bundle}, events.append, StepMemory(2 * StepMemory(2**40).need(small, bundle)))
    many = dataclasses.replace(small, cutouts=64, seed=4)
    for job_id, asked in enumerate([*(dataclasses.replace(small, seed=seed) for seed in (1, 2, 3)), many]):
        loop.obey(StartRun(job_id=job_id, spec=asked))
    finish(loop)
    assert sum(isinstance(event, RunFinished) for event in events) == 4
    assert all(len(seeds) <= 2 for seeds, _ in steps)
    assert {chunk for seeds, chunk in steps if seeds != [4]} == {None}
    (chunk,) = {chunk for seeds, chunk in steps if seeds == [4]}
    assert chunk is not None and 1 <= chunk < 64


def test_a_short_new_job_does_not_wait_for_a_long_one_to_end(loop: Loop, events: list[Event], spec: Spec) -> None:
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, iterations=1000)))
    for _ in range(3):
        loop.step()
    loop.obey(StartRun(job_id=2, spec=dataclasses.replace(spec, width=48)))
    while 2 in loop.active:
        loop.step()
    assert loop.active[1].run.iteration < 100
    loop.obey(CancelRun(job_id=1))
    assert isinstance(events[-2], RunFinished)


def test_progress_says_what_time_of_the_engine_a_run_has_had(loop: Loop, events: list[Event], spec: Spec) -> None:
    for job_id in (1, 2):
        loop.obey(StartRun(job_id=job_id, spec=dataclasses.replace(spec, seed=job_id)))
    finish(loop)
    had = [event.seconds for event in events if isinstance(event, Progress) and event.job_id == 1]
    (end,) = (event.seconds for event in events if isinstance(event, RunFinished) and event.job_id == 1)
    assert 0 < had[0] < had[1] < had[2] < end


def test_a_loss_that_is_no_number_fails_the_run(
    loop: Loop, events: list[Event], spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    descend = Run.descend
    monkeypatch.setattr(Run, "descend", lambda self, loss: descend(self, loss * float("nan")))
    loop.obey(StartRun(job_id=1, spec=spec))
    loop.step()
    assert isinstance(events[-1], RunFailed)
    assert "another seed" in events[-1].detail


def test_serve_obeys_until_shutdown(loop: Loop, events: list[Event], spec: Spec) -> None:
    commands: queue.Queue[Command] = queue.Queue()
    commands.put(StartRun(job_id=1, spec=spec))
    commands.put(StopRun(job_id=9))
    commands.put(Shutdown())
    loop.serve(commands)
    assert [type(event) for event in events] == [RunStarted]


def test_the_final_picture_has_the_specs_size(loop: Loop, events: list[Event], spec: Spec) -> None:
    loop.obey(StartRun(job_id=1, spec=spec))
    finish(loop)
    assert isinstance(events[-1], RunFinished)
    with Image.open(io.BytesIO(events[-1].image)) as image:
        assert image.size == (32, 48)


def test_checkpoints_come_every_so_many_iterations_and_at_the_end(
    loop: Loop, events: list[Event], spec: Spec, bundle: Bundle
) -> None:
    loop.obey(StartRun(job_id=1, spec=spec, checkpoint_seconds=0, checkpoint_iterations=2, checkpoint_end=True))
    finish(loop)
    checkpoints = [event for event in events if isinstance(event, Checkpointed)]
    assert [event.iteration for event in checkpoints] == [2, 4]
    assert [type(event) for event in events[-2:]] == [Checkpointed, RunFinished]
    longer = spec.continued(6)
    unbroken = Loop({"starter": bundle}, events.append)
    unbroken.obey(StartRun(job_id=3, spec=longer))
    finish(unbroken)
    loop.obey(StartRun(job_id=2, spec=longer, resume_from=checkpoints[-1].state))
    finish(loop)
    one, other = events[-1], next(event for event in events if isinstance(event, RunFinished) and event.job_id == 3)
    assert isinstance(one, RunFinished)
    assert (one.job_id, one.iteration, one.image) == (2, 6, other.image)


def test_a_film_comes_with_the_finished_picture_and_only_when_asked_for(
    loop: Loop, events: list[Event], spec: Spec
) -> None:
    loop.obey(StartRun(job_id=1, spec=spec, film=Film.MP4))
    loop.obey(StartRun(job_id=2, spec=spec))
    finish(loop)
    loop.close()
    films = {event.job_id: event.film for event in events if isinstance(event, RunFinished)}
    assert films[2] is None
    assert films[1] is not None
    with av.open(io.BytesIO(films[1]), "r") as film:
        frames = sum(1 for _ in film.decode(video=0))
    assert (
        frames == 4 * SLOWEST + 1 + HOLD_SECONDS * FRAMES_PER_SECOND
    )  # the start, three on the way, the last and its time
