"""Pictures are encoded beside the steps, and every event still comes whole and in its order."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import (
    CancelRun,
    Checkpointed,
    Event,
    Failure,
    Progress,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Spec,
    StartRun,
)
from engine.run.frames import Pictured
from engine.serve.loop import Loop
from engine.serve.outbox import Outbox


class Pipe:
    """The parent's end: what was written, in order."""

    def __init__(self) -> None:
        self.written = list[Event]()

    def send(self, event: Event) -> None:
        self.written.append(event)


class Encoder:
    """In place of the PNG encoder: waits at a gate, and counts."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.calls = 0

    def __call__(self, image: object) -> bytes:
        self.gate.wait(20)
        self.calls += 1
        return b"png %d" % self.calls


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Encoder:
    encoder = Encoder()
    monkeypatch.setattr(pictures, "png", encoder)
    return encoder


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@pytest.fixture
def outbox(pipe: Pipe, encoder: Encoder) -> Iterator[Outbox]:
    outbox = Outbox(pipe)  # type: ignore[arg-type]
    yield outbox
    encoder.gate.set()
    outbox.close()


def test_steps_go_on_while_a_picture_is_encoded_and_everything_comes_in_order(
    bundle: Bundle, spec: Spec, pipe: Pipe, outbox: Outbox, encoder: Encoder
) -> None:
    loop = Loop({"starter": bundle}, outbox.send, send_pictured=outbox.send)
    spec = dataclasses.replace(spec, iterations=8)
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=1e-9, checkpoint_seconds=0, checkpoint_iterations=4))
    while loop.active:  # to the end, though not one picture can be encoded yet
        loop.step()
    assert not [event for event in pipe.written if not isinstance(event, RunStarted)]
    encoder.gate.set()
    outbox.close()
    kinds = [type(event) for event in pipe.written]
    assert (kinds[0], kinds[-1]) == (RunStarted, RunFinished)
    assert kinds.count(Checkpointed) == 1
    iterations = [event.iteration for event in pipe.written if not isinstance(event, RunStarted)]  # type: ignore[union-attr]
    assert iterations == sorted(iterations) and iterations[-1] == 8
    shown = [event.image for event in pipe.written if isinstance(event, Progress | RunFinished)]
    assert shown == [b"png %d" % number for number in range(1, encoder.calls + 1)]
    assert encoder.calls <= 3  # the frame at the gate, the newest of the others, the finished picture


def test_a_cancelled_run_says_nothing_after_it_was_cancelled(
    bundle: Bundle, spec: Spec, pipe: Pipe, outbox: Outbox, encoder: Encoder
) -> None:
    loop = Loop({"starter": bundle}, outbox.send, send_pictured=outbox.send)
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=1e-9))
    loop.step()
    loop.step()
    loop.obey(CancelRun(job_id=1))
    encoder.gate.set()
    outbox.close()
    assert pipe.written[-1] == RunCancelled(job_id=1)
    assert isinstance(pipe.written[-2], Progress) and pipe.written[-2].image


def test_a_picture_that_cannot_be_encoded_fails_its_run_and_a_frame_is_left_out(
    bundle: Bundle, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(image: object) -> bytes:
        raise OSError("encoder error")

    monkeypatch.setattr(pictures, "png", broken)
    events = list[Event]()
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, iterations=2), frame_seconds=1e-9))
    while loop.active:
        loop.step()
    frame, failed = events[1:]
    assert isinstance(frame, Progress) and frame.image is None
    assert isinstance(failed, RunFailed) and failed.reason is Failure.INTERNAL


def test_a_superseded_frame_keeps_its_picture_and_score_for_the_progress_that_has_none(
    bundle: Bundle, spec: Spec
) -> None:
    sent = list[Event | Pictured]()
    loop = Loop({"starter": bundle}, sent.append, send_pictured=sent.append)
    loop.obey(StartRun(job_id=1, spec=spec, frame_seconds=1e-9))
    loop.step()
    loop.step()
    first, second = sent[1:]
    assert isinstance(first, Pictured) and isinstance(second, Pictured)
    outbox = Outbox.__new__(Outbox)
    outbox._events = [first]
    newer = Progress(job_id=1, iteration=9, iterations=9, loss=0.5)
    merged = outbox._supersede(newer)
    assert isinstance(merged, Pictured) and (merged.event, merged.shot) == (newer, first.shot)
    outbox._events = [first]
    assert outbox._supersede(second) is second and not outbox._events
