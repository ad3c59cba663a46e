"""How long a picture will take, and when those that wait begin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.speed import Speed, starts
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


def test_a_run_of_unusual_cutouts_tells_nothing_of_others() -> None:
    speed = Speed()
    speed.learn(replace(SPEC, cutouts=100), 20, 200.0)
    assert not speed.known


@pytest.mark.parametrize(
    ("left", "slots", "waiting", "begin"),
    [
        ([], 1, [5.0, 5.0], [0.0, 5.0]),
        ([3.0], 1, [5.0, 1.0], [3.0, 8.0]),
        ([3.0, 10.0], 2, [5.0, 1.0, 1.0], [3.0, 8.0, 9.0]),
        ([], 3, [5.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 1.0]),
        ([1.0], 0, [5.0], []),
    ],
)
def test_each_begins_when_a_slot_is_free(
    left: list[float], slots: int, waiting: list[float], begin: list[float]
) -> None:
    assert starts(left, slots, waiting) == begin
