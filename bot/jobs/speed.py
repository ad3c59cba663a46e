"""Estimate how long a picture takes, and when each waiting job will begin."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.messages import Spec

_NEWEST = 0.2  # weight of the newest run in the moving average
_GUESS = 2e-6  # seconds per iteration and pixel, until something was measured
_CAME_LATER = -1


class Speed:
    """Learn the engine-seconds per iteration, by bundle and number of pixels."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, float]] = {}

    @property
    def known(self) -> bool:
        """Return whether any run was measured yet."""
        return bool(self._known)

    def learn(self, spec: Spec, iterations: int, seconds: float) -> None:
        """Learn from a run of ``iterations`` in ``seconds``; ignore runs with their own cutouts or coarse start."""
        unusual = (spec.cutouts, spec.cutout_schedule, spec.coarse) != (None, None, None)
        if iterations < 1 or seconds <= 0 or unusual:
            return
        sizes = self._known.setdefault(spec.bundle, {})
        pixels, newest = spec.width * spec.height, seconds / iterations
        known = sizes.get(pixels, newest)
        sizes[pixels] = known + _NEWEST * (newest - known)

    def seconds(self, spec: Spec) -> float | None:
        """Return the expected seconds of a run, or None if its bundle was never measured.

        For a new size, take the seconds per pixel of the nearest measured size.
        """
        sizes = self._known.get(spec.bundle)
        if not sizes:
            return None
        pixels = spec.width * spec.height
        nearest = min(sizes, key=lambda size: abs(size - pixels))
        return spec.iterations * sizes[nearest] * pixels / nearest

    def cost(self, spec: Spec) -> float:
        """Return the expected seconds, or a guess if the bundle was never measured."""
        known = self.seconds(spec)
        return spec.iterations * spec.width * spec.height * _GUESS if known is None else known


@dataclass(frozen=True, slots=True)
class Work:
    """Describe the load of one engine."""

    slots: int  # runs at once
    left: Sequence[float]  # engine-seconds that each run still needs


class _Shared:
    """Simulate an engine that shares its time equally; ``done`` is a heap of each run's time at its end."""

    def __init__(self, work: Work) -> None:
        self.slots = work.slots
        self.had = 0.0
        self.done = [(seconds, number) for number, seconds in enumerate(work.left)]
        heapq.heapify(self.done)

    def next(self) -> float:
        """Return the seconds until the next run is done."""
        return (self.done[0][0] - self.had) * len(self.done) if self.done else math.inf

    def pass_by(self, seconds: float) -> None:
        if self.done:
            self.had += seconds / len(self.done)


def reckon(works: Sequence[Work], waiting: Sequence[float]) -> tuple[list[list[float]], list[float]]:
    """Return the seconds until each run of each engine is done, and until each waiting job begins.

    ``waiting`` has the engine-seconds of the waiting jobs. They begin in this order, each on the engine with the fewest
    runs. An engine without slots takes none.
    """
    engines = [_Shared(work) for work in works]
    ends = [[0.0] * len(work.left) for work in works]
    begins: list[float] = []
    now = 0.0
    while True:
        while len(begins) < len(waiting) and (free := [one for one in engines if len(one.done) < one.slots]):
            engine = min(free, key=lambda one: len(one.done))
            heapq.heappush(engine.done, (engine.had + waiting[len(begins)], _CAME_LATER))
            begins.append(now)
        number, engine = min(enumerate(engines), key=lambda one: one[1].next(), default=(0, _Shared(Work(0, ()))))
        if (step := engine.next()) == math.inf:
            return ends, begins
        now += step
        for one in engines:
            one.pass_by(step)
        _, run = heapq.heappop(engine.done)
        if run != _CAME_LATER:
            ends[number][run] = now
