"""Runs in company: which go together, whose turn it is, and what company changes of their pictures: nothing."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import pytest
import torch

from engine.bundles.bundles import Bundle
from engine.messages import Spec
from engine.run import batch
from engine.run.run import Run
from engine.serve import scheduler
from engine.serve.memory import StepMemory

AMPLE = StepMemory(2**40)


class OnPaper:
    """A run of so many iterations, of which nothing is painted."""

    def __init__(self, iterations: int) -> None:
        self.iteration = 0
        self.spec = Spec(prompt="x", bundle="starter", width=8, height=8, iterations=iterations, seed=0)


@dataclasses.dataclass(eq=False)
class One:
    run: Run
    chunk: int | None = None
    seconds: float = 0.0
    steps: int = 0
    owed: float = 0.0
    step_seconds: float = 1.0


def on_paper(iterations: int, step_seconds: float) -> One:
    return One(OnPaper(iterations), step_seconds=step_seconds)  # type: ignore[arg-type]


def play(members: Sequence[One], until: One | None = None) -> float:
    """Take turns, each member by itself, until one of them or all are done; the seconds that it takes on paper."""
    passed = 0.0
    while going := [one for one in members if one.run.iteration < one.run.spec.iterations]:
        if until is not None and until not in going:
            break
        (turn,) = scheduler.next_party([[one] for one in going])
        scheduler.settle([turn], turn.step_seconds, going)
        turn.run.iteration += 1
        passed += turn.step_seconds
    return passed


def test_alike_runs_take_turns() -> None:
    members = [on_paper(100, 2.0) for _ in range(3)]
    for _ in range(60):
        (turn,) = scheduler.next_party([[one] for one in members])
        scheduler.settle([turn], 2.0, members)
        turn.run.iteration += 1
        counts = [one.run.iteration for one in members]
        assert max(counts) - min(counts) <= 2
    assert [one.seconds for one in members] == [40.0] * 3


@pytest.mark.parametrize("long_ones", [1, 3])
def test_a_short_job_is_done_soon_beside_long_ones_which_go_on(long_ones: int) -> None:
    long = [on_paper(400, 8.0) for _ in range(long_ones)]
    play([*long, first := on_paper(1, 8.0)], until=first)
    short = on_paper(40, 0.2)  # 8 seconds by itself
    assert play([*long, short], until=short) <= 8 * (1 + long_ones) + 8
    before = sum(one.run.iteration for one in long)
    later = [on_paper(40, 0.2) for _ in range(20)]
    for one in later:
        play([*long, one], until=one)
    had = 8.0 * (sum(one.run.iteration for one in long) - before)
    assert had >= 0.2 * 8 * len(later)  # however many short ones come, the long ones have a part of the time


def test_no_time_is_lost_or_given_twice() -> None:
    drawn = random.Random(3)
    members = [on_paper(drawn.randint(1, 30), drawn.uniform(0.1, 5)) for _ in range(6)]
    work = sum(one.step_seconds * one.run.spec.iterations for one in members)
    assert play(members) == pytest.approx(work)
    assert sum(one.seconds for one in members) == pytest.approx(work)


def test_the_shares_are_all_of_the_time_and_nobody_has_less_than_half_of_an_equal_one() -> None:
    for left in ([0.0], [5.0, 500.0], [0.0, 0.0, 9000.0, 3.0]):
        found = scheduler.shares(left)
        assert sum(found) == pytest.approx(1) and min(found) >= 0.5 / len(left)
        assert found == sorted(found, key=lambda share: -share) or left != sorted(left)


# Parties


def seeds(spec: Spec, bundle: Bundle, *numbers: int, **changes: object) -> list[One]:
    return [One(Run(dataclasses.replace(spec, seed=number, **changes), bundle)) for number in numbers]  # type: ignore[arg-type]


def test_compatible_runs_are_one_party_and_others_have_their_own(spec: Spec, bundle: Bundle) -> None:
    alike, other = seeds(spec, bundle, 1, 2, 3), seeds(spec, bundle, 4, width=48)
    (chunked,) = seeds(spec, bundle, 5)
    chunked.chunk = 2
    members = [alike[0], *other, chunked, *alike[1:]]
    assert scheduler.parties(members, AMPLE) == [alike, other, [chunked]]


def test_as_many_go_together_as_fit_into_memory(spec: Spec, bundle: Bundle) -> None:
    members = seeds(spec, bundle, 1, 2, 3, 4, 5)
    need = AMPLE.need(spec, bundle)
    assert [len(party) for party in scheduler.parties(members, StepMemory(2 * need))] == [2, 2, 1]
    assert [len(party) for party in scheduler.parties(members, StepMemory(need))] == [1] * 5


def test_on_the_cpu_large_models_do_not_go_together(
    spec: Spec, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = seeds(spec, bundle, 1, 2)
    monkeypatch.setattr(scheduler, "SMALL", AMPLE.need(spec, bundle) - 1)
    assert [len(party) for party in scheduler.parties(members, AMPLE)] == [1, 1]


def test_a_picture_is_the_same_alone_and_in_company_that_comes_and_goes(spec: Spec, bundle: Bundle) -> None:
    """To within 2e-3 in z, of codes that differ by 1: what rounding becomes in eight iterations of Adam."""
    longer = dataclasses.replace(spec, iterations=8)
    alone = Run(longer, bundle)
    while not alone.finished:
        batch.step([alone])
    drawn = random.Random(1)
    for _ in range(3):
        run, others = Run(longer, bundle), list[Run]()
        while not run.finished:
            others = [other for other in others if not other.finished and drawn.random() < 0.7]
            if drawn.random() < 0.6:
                others.append(Run(dataclasses.replace(spec, seed=drawn.randrange(99), prompt="a blue circle"), bundle))
            batch.step(drawn.sample([run, *others], 1 + len(others)), drawn.choice([None, None, 3]))
        assert run.loss == pytest.approx(alone.loss, abs=1e-4)
        torch.testing.assert_close(run.z, alone.z, atol=2e-3, rtol=0)
