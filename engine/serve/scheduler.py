"""Who is stepped next, and with whom: runs that go together are one party, and parties take turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from engine.device import devices
from engine.run.run import Run
from engine.serve.memory import Memory


class Member(Protocol):
    """A run in company, stepped for ``seconds`` so far, in ``steps``. ``chunk`` is as in :func:`engine.run.batch.step`.

    ``owed`` are the seconds that it should have had and did not: its shares of the time that passed, less its own time.
    """

    run: Run
    chunk: int | None
    seconds: float
    steps: int
    owed: float


M = TypeVar("M", bound=Member)


def parties(members: Sequence[M], memory: Memory) -> list[list[M]]:
    """The members in parties that can be stepped in one batch each, in their order.

    Together are compatible runs, as many as fit into memory with all their cutouts, where it :func:`pays`. One that
    fits in chunks alone is a party by itself. None of this depends on time, so that pictures do not.
    """
    found: list[list[M]] = []
    joinable: dict[tuple[object, ...], tuple[list[M], int]] = {}
    for member in members:
        run = member.run
        if member.chunk is not None or not pays(run, memory):
            found.append([member])
            continue
        key, need = run.batch_key(), memory.need(run.spec, run.bundle)
        party, taken = joinable.get(key, ([], 0))
        if not party or taken + need > memory.size:
            party, taken = [], 0
            found.append(party)
        party.append(member)
        joinable[key] = party, taken + need
    return found


def pays(run: Run, memory: Memory) -> bool:
    """Whether runs like this one take less time in one batch than in turn (benchmarks/NOTES.md has the numbers).

    A GPU has room in time too. A core has not: there only small models gain, whose steps are mostly overhead.
    """
    return devices.ways(run.bundle.device).company or memory.need(run.spec, run.bundle) <= SMALL


SMALL = 300_000_000
"""Bytes of a step up to which company pays on a CPU."""


def shares(left: Sequence[float]) -> list[float]:
    """Of the time, what runs get that have so many seconds ``left``: half of it equally, half the sooner-done the more.

    So every member sees progress, and a short job is done soon beside a long one.
    """
    haste = [1 / max(seconds, SOON) for seconds in left]
    return [(1 / len(left) + one / sum(haste)) / 2 for one in haste]


SOON = 1.0
"""Seconds left below which runs do not differ; those of a run that has not been stepped yet count as so many."""


def next_party(waiting: Sequence[Sequence[M]]) -> Sequence[M]:
    """The party whose turn it is: the one owed most, counted at the middle of its step.

    So a long step waits until half of it is owed, and most short jobs that begin meanwhile are done before it.
    """
    members = [member for party in waiting for member in party]
    mean = sum(member.owed for member in members) / len(members)  # who left may have had too much or too little
    for member in members:
        member.owed -= mean
    return max(waiting, key=lambda party: sum(member.owed - _step_seconds(member) / 2 for member in party))


def settle(party: Sequence[Member], seconds: float, members: Sequence[Member]) -> None:
    """A step of ``party`` took so many seconds, in which all ``members`` were waiting for theirs."""
    for member, share in zip(members, shares([_seconds_left(member) for member in members]), strict=True):
        member.owed += share * seconds
    for member in party:
        member.owed -= seconds / len(party)
        member.seconds += seconds / len(party)
        member.steps += 1


def _step_seconds(member: Member) -> float:
    return member.seconds / member.steps if member.steps else 0.0


def _seconds_left(member: Member) -> float:
    run = member.run
    return (run.spec.iterations - run.iteration) * _step_seconds(member)
