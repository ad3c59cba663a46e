"""How long a picture will take, and when those that wait begin."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.speed import Speed, Work, reckon
from tests.bot.conftest import SPEC


def test_nothing_is_known_until_something_was_measured() -> None:
    speed = Speed()
    assert speed.seconds(SPEC) is None and not speed.known
    assert speed.cost(SPEC) > 0
    speed.learn(SPEC, 0, 0.0)
    assert not speed.known


def test_the_newest_runs_count_most() -> None:
    speed = Speed()
    speed.learn(SPEC, 20, 2.0)
    assert speed.seconds(SPEC) == pytest.approx(2.0)
    for _ in range(50):
        speed.learn(SPEC, 20, 4.0)
    assert speed.seconds(SPEC) == pytest.approx(4.0, rel=0.01)
    assert speed.seconds(replace(SPEC, iterations=40)) == pytest.approx(8.0, rel=0.01)


def test_a_size_never_painted_is_reckoned_from_the_nearest() -> None:
    speed = Speed()
    speed.learn(SPEC, 20, 2.0)
    larger = replace(SPEC, width=2 * SPEC.width)
    assert speed.seconds(larger) == pytest.approx(4.0)
    speed.learn(larger, 20, 3.0)
    assert speed.seconds(replace(larger, height=2 * SPEC.height)) == pytest.approx(6.0)
    assert speed.seconds(replace(SPEC, bundle="another")) is None


def test_a_run_of_unusual_iterations_tells_nothing_of_others() -> None:
    speed = Speed()
    for unusual in ({"cutouts": 100}, {"cutout_schedule": "rising"}, {"coarse": 0.5}):
        speed.learn(replace(SPEC, **unusual), 20, 200.0)
    assert not speed.known


@pytest.mark.parametrize(
    ("works", "waiting", "ends", "begins"),
    [
        ([Work(1, [])], [5.0, 5.0], [[]], [0.0, 5.0]),
        ([Work(1, [3.0])], [5.0, 1.0], [[3.0]], [3.0, 8.0]),
        ([Work(2, [3.0, 10.0])], [], [[6.0, 13.0]], []),
        ([Work(2, [3.0, 10.0])], [5.0, 1.0], [[6.0, 19.0]], [6.0, 16.0]),
        ([Work(3, [])], [6.0, 1.0, 1.0, 1.0], [[]], [0.0, 0.0, 0.0, 3.0]),
        ([Work(1, [4.0]), Work(1, [1.0])], [5.0, 1.0], [[4.0], [1.0]], [1.0, 4.0]),
        ([Work(1, []), Work(2, [])], [5.0, 5.0, 5.0], [[], []], [0.0, 0.0, 0.0]),
        ([Work(0, [1.0])], [5.0], [[1.0]], []),
        ([], [5.0], [], []),
    ],
)
def test_runs_share_their_engines_time_and_each_that_waits_begins_when_a_slot_is_free(
    works: list[Work], waiting: list[float], ends: list[list[float]], begins: list[float]
) -> None:
    assert reckon(works, waiting) == (ends, begins)


@given(st.lists(st.floats(0.01, 100), max_size=12), st.integers(1, 4))
def test_sharing_loses_no_time(seconds: list[float], slots: int) -> None:
    running, waiting = seconds[:slots], seconds[slots:]
    (ends,), begins = reckon([Work(slots, running)], [*waiting, 1.0])
    assert all(later >= earlier - 1e-6 for earlier, later in itertools.pairwise(begins))
    assert begins[-1] <= sum(seconds) + 1e-6
    alone, others = reckon([Work(1, [])], [*seconds, 1.0])
    assert alone == [[]] and others[-1] == pytest.approx(sum(seconds))
    assert all(end >= left - 1e-6 for end, left in zip(ends, running, strict=True))
