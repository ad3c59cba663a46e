"""Losses that are read late, as on CUDA: the same numbers, and all that depends on them follows."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from engine.bundles.bundles import Bundle
from engine.device import devices
from engine.messages import Event, Progress, RunFailed, RunFinished, Spec, StartRun
from engine.run import batch, checkpoint
from engine.run.run import Run
from engine.serve.loop import DIVERGED, Loop

LAG = 2


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "WAYS", {"cpu": devices.Ways(lag=LAG)})


def losses(run: Run) -> list[float]:
    read = []
    while not run.finished:
        batch.step([run])
        read.append(run.loss)
    return read


def test_each_loss_is_read_two_iterations_after_its_own(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = dataclasses.replace(spec, iterations=6)
    on_time = losses(Run(spec, bundle))
    monkeypatch.setattr(devices, "WAYS", {"cpu": devices.Ways(lag=LAG)})
    run = Run(spec, bundle)
    read = losses(run)
    assert all(loss != loss for loss in read[:LAG]) and read[LAG:] == on_time[:-LAG]
    run.settle()
    assert run.loss == on_time[-1]


@pytest.mark.usefixtures("late")
def test_a_checkpoint_knows_the_loss_of_its_iteration(spec: Spec, bundle: Bundle) -> None:
    run = Run(spec, bundle)
    batch.step([run])
    assert run.loss != run.loss
    assert checkpoint.load(run.checkpoint())["loss"] == run.loss > 0


@pytest.mark.usefixtures("late")
def test_progress_is_told_from_the_first_loss_on_and_the_end_has_its_own(spec: Spec, bundle: Bundle) -> None:
    events = list[Event]()
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, iterations=5)))
    run = loop.active[1].run
    while loop.active:
        loop.step()
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.iteration for event in progress] == [3, 4]
    assert all(event.loss > 0 for event in progress)
    assert isinstance(events[-1], RunFinished) and events[-1].loss == run.loss != progress[-1].loss


@pytest.mark.usefixtures("late")
def test_a_run_that_diverges_is_found_out_two_iterations_later_or_at_its_end(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    descend = Run.descend

    def diverging(run: Run, loss: Tensor) -> None:
        descend(run, loss * torch.nan if run.iteration == run.spec.iterations - 3 else loss)

    monkeypatch.setattr(Run, "descend", diverging)
    for iterations in (3, 6):
        events = list[Event]()
        loop = Loop({"starter": bundle}, events.append)
        loop.obey(StartRun(job_id=1, spec=dataclasses.replace(spec, iterations=iterations)))
        while loop.active:
            loop.step()
        assert isinstance(events[-1], RunFailed) and events[-1].detail == DIVERGED


@pytest.mark.parametrize("phases", [1, 2])
def test_a_plateau_is_judged_by_the_same_losses(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, phases: int
) -> None:
    prompt = " ^ ".join(["a red car", "a blue circle"][:phases])
    spec = dataclasses.replace(spec, prompt=prompt, iterations=20, plateau=3, learning_rate=1e-6)
    on_time = Run(spec, bundle)
    losses(on_time)
    monkeypatch.setattr(devices, "WAYS", {"cpu": devices.Ways(lag=LAG)})
    run = Run(spec, bundle)
    losses(run)
    assert on_time.iteration < 20 - LAG
    assert run.plateaued and run.iteration == on_time.iteration + LAG
