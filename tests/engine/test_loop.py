from __future__ import annotations

import dataclasses
import io
import queue

import av
import pytest
from PIL import Image

from engine import batch
from engine.bundles import Bundle
from engine.loop import Loop
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
from engine.run import Run
from engine.timelapse import FRAMES_PER_SECOND, HOLD_SECONDS


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


def test_out_of_memory_fails_one_run_with_advice_and_the_other_finishes(
    loop: Loop, events: list[Event], spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = batch.step

    def exhausted(runs: list[Run]) -> None:
        if any(run.spec.seed == 13 for run in runs):
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory")
        step(runs)

    monkeypatch.setattr(batch, "step", exhausted)
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, seed=13)))
    loop.obey(StartRun(job_id=2, spec=spec))
    finish(loop)
    failed, finished = events[-2:] if isinstance(events[-1], RunFinished) else (None, None)
    failed = next(event for event in events if isinstance(event, RunFailed))
    assert (failed.job_id, failed.reason) == (1, Failure.OUT_OF_MEMORY)
    assert "smaller size" in failed.detail
    assert isinstance(finished, RunFinished)
    assert finished.job_id == 2


def test_a_loss_that_is_no_number_fails_the_run(
    loop: Loop, events: list[Event], spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    descend = Run.descend
    monkeypatch.setattr(Run, "descend", lambda self, loss: descend(self, float("nan")))
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
    assert frames == 4 + 1 + HOLD_SECONDS * FRAMES_PER_SECOND  # the start, three on the way, the last and its time
