"""How long what runs and waits will take, where runs share their engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.engines.forecast import WaitingLine
from bot.engines.lanes import EngineLane, JobRun
from engine.messages import Progress
from tests.bot.conftest import SPEC
from tests.bot.engine_children import READY


def line_of(*lanes: EngineLane) -> WaitingLine:
    return WaitingLine(cast(Any, None), cast(Any, None), lanes)


def lane(slots: int, *runs: JobRun) -> EngineLane:
    ready = SimpleNamespace(**{"slots": slots, "threads": READY.threads})
    return EngineLane(client=cast(Any, None), ready=cast(Any, ready), runs={run.job.id: run for run in runs})


def at_work(job_id: int, engine_seconds: float, done: int = 10) -> JobRun:
    """A run that has made ``done`` iterations in so many seconds of its engine's."""
    run = JobRun(job=cast(Any, SimpleNamespace(id=job_id, spec=SPEC)))
    for iteration in (done - 1, done):
        seconds = engine_seconds * iteration / done
        run.measure(Progress(job_id=job_id, iteration=iteration, iterations=20, loss=1.0, seconds=seconds))
    return run


def test_a_run_that_is_alone_on_its_engine_has_all_of_its_time() -> None:
    assert line_of(lane(4, at_work(1, 5.0))).left(1) == pytest.approx(5.0)


def test_runs_that_share_an_engine_are_done_later_and_those_of_another_are_not() -> None:
    shared = line_of(lane(4, at_work(1, 5.0), at_work(2, 2.0)), lane(4, at_work(3, 3.0)))
    assert [shared.left(job_id) for job_id in (1, 2, 3)] == pytest.approx([7.0, 4.0, 3.0])
    assert shared.left(4) is None


def test_those_that_wait_will_share_too() -> None:
    shared = line_of(lane(2, at_work(1, 5.0), at_work(2, 2.0)))
    shared._reckon([(3, 1.0), (4, 1.0)])
    assert shared.starts_in(3) is None  # nothing like them was painted yet
    shared.speed.learn(SPEC, 20, 1.0)
    shared._reckon([(3, 1.0), (4, 1.0)])
    assert [shared.starts_in(job_id) for job_id in (3, 4)] == pytest.approx([4.0, 6.0], abs=0.1)
    assert shared.left(1) == pytest.approx(9.0)


def test_before_a_run_has_a_speed_it_is_that_of_others_like_it() -> None:
    new = JobRun(job=cast(Any, SimpleNamespace(id=1, spec=SPEC)))
    line = line_of(lane(1, new))
    assert line.left(1) is None
    line.speed.learn(SPEC, 20, 4.0)
    assert line.left(1) == pytest.approx(SPEC.iterations * 0.2)
