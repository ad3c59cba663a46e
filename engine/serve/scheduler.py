"""The schedule: runs that go together are stepped as one party, and parties take turns."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from engine.device import devices
from engine.run.run import Run
from engine.serve.memory import StepMemory


class Scheduled(Protocol):
    """A run with the account of its time."""

    run: Run
    chunk: int | None  # as in engine.run.batch.step
    seconds: float  # that it has been stepped for
    steps: int
    owed: float  # its share of the seconds that passed, less those that it was stepped for


M = TypeVar("M", bound=Scheduled)
SMALL = 300_000_000  # bytes of a step up to which company pays on a CPU
SOON = 1.0  # runs with fewer seconds left count alike, and so do those that were never stepped


def parties(members: Sequence[M], memory: StepMemory) -> list[list[M]]:
    """Return the members, in their order, in parties that can each be stepped in one batch.

    Compatible runs for which company :func:`pays` are together, as many as fit into memory with all their cutouts. A
    run that fits only in chunks is a party by itself. Nothing here depends on time, so that no picture does.
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


def pays(run: Run, memory: StepMemory) -> bool:
    """Return whether runs like this one take less time in one batch than in turn.

    On a CPU only small models gain, because their steps are mostly overhead (see benchmarks/NOTES.md).
    """
    return devices.ways(run.bundle.device).company or memory.need(run.spec, run.bundle) <= SMALL


def shares(left: Sequence[float]) -> list[float]:
    """Return each run's share of the time: half is split equally, half inversely to the seconds ``left``.

    So every run makes progress, and a short run is soon done beside a long one.
    """
    haste = [1 / max(seconds, SOON) for seconds in left]
    return [(1 / len(left) + one / sum(haste)) / 2 for one in haste]


def next_party(waiting: Sequence[Sequence[M]]) -> Sequence[M]:
    """Return the party whose turn it is: the one that will be owed most at the middle of its step.

    So a long step waits until half of it is owed. Most short runs that begin meanwhile end before it.
    """
    members = [member for party in waiting for member in party]
    mean = sum(member.owed for member in members) / len(members)  # runs that ended may have had too much or too little
    for member in members:
        member.owed -= mean
    return max(waiting, key=lambda party: sum(member.owed - _step_seconds(member) / 2 for member in party))


def settle(party: Sequence[Scheduled], seconds: float, members: Sequence[Scheduled]) -> None:
    """Book a step of ``party`` that took so many seconds, while all ``members`` waited for their turn."""
    for member, share in zip(members, shares([_seconds_left(member) for member in members]), strict=True):
        member.owed += share * seconds
    for member in party:
        member.owed -= seconds / len(party)
        member.seconds += seconds / len(party)
        member.steps += 1


def _step_seconds(member: Scheduled) -> float:
    return member.seconds / member.steps if member.steps else 0.0


def _seconds_left(member: Scheduled) -> float:
    run = member.run
    return (run.spec.iterations - run.iteration) * _step_seconds(member)
