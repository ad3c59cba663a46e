"""The load benchmark in small."""

import dataclasses
from typing import Any

from benchmarks.load.measure import Load, measure
from benchmarks.load.report import BOUNDS, held


async def test_a_small_crowd_is_served_and_what_was_not_held_is_seen() -> None:
    heard: list[tuple[int, int]] = []
    options = Load(members=3, jobs=6, seconds=0.005, iterations=2, patience=120)
    figures = await measure(options, lambda *counts: heard.append(counts))
    assert (figures.lost, figures.twice, figures.unanswered, figures.refused_as_too_many) == (0, 0, 0, 0)
    assert 0 < figures.acknowledged_median <= figures.acknowledged_p99 <= figures.acknowledged_longest
    assert figures.bot_cpu_seconds > 0
    assert max(answers for answers, _ in heard) == options.jobs
    kept = dataclasses.replace(figures, acknowledged_p99=0.5, acknowledged_longest=0.5, unfairness=1.5)
    assert held(kept)
    for name, bound in BOUNDS.items():
        worse: dict[str, Any] = {name: bound + 1}
        assert not held(dataclasses.replace(kept, **worse))
