"""How long a picture takes, learned from those that were painted, and when each that waits will begin."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.messages import Spec

_NEWEST = 0.2  # weight of the newest run in the moving average
_GUESS = 2e-6  # seconds per iteration and pixel, until something was measured
_CAME_LATER = -1


class Speed:
    """Engine-seconds per iteration, by bundle and number of pixels."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, float]] = {}

    @property
    def known(self) -> bool:
        """Whether anything was measured yet."""
        return bool(self._known)

    def learn(self, spec: Spec, iterations: int, seconds: float) -> None:
        """From a run that made so many iterations of ``spec`` in ``seconds``; from unusual ones nothing."""
        unusual = (spec.cutouts, spec.cutout_schedule, spec.coarse) != (None, None, None)
        if iterations < 1 or seconds <= 0 or unusual:
            return
        sizes = self._known.setdefault(spec.bundle, {})
        pixels, newest = spec.width * spec.height, seconds / iterations
        known = sizes.get(pixels, newest)
        sizes[pixels] = known + _NEWEST * (newest - known)

    def seconds(self, spec: Spec) -> float | None:
        """What the whole run will take; None until the bundle was measured.

        A size never painted is taken to cost, by the pixel, what the nearest measured one does.
        """
        sizes = self._known.get(spec.bundle)
        if not sizes:
            return None
        pixels = spec.width * spec.height
        nearest = min(sizes, key=lambda size: abs(size - pixels))
        return spec.iterations * sizes[nearest] * pixels / nearest

    def cost(self, spec: Spec) -> float:
        """The same for a fair order, which needs a number in any case."""
        known = self.seconds(spec)
        return spec.iterations * spec.width * spec.height * _GUESS if known is None else known


@dataclass(frozen=True, slots=True)
class Work:
    """What an engine has to do: how many runs it takes at once, and the engine-seconds that are left of each."""

    slots: int
    left: Sequence[float]


class _Shared:
    """An engine whose time its runs share equally; ``done`` is how much time each will have had when it is done."""

    def __init__(self, work: Work) -> None:
        self.slots = work.slots
        self.had = 0.0
        self.done = [(seconds, number) for number, seconds in enumerate(work.left)]
        heapq.heapify(self.done)

    def next(self) -> float:
        """In how many seconds the next run is done."""
        return (self.done[0][0] - self.had) * len(self.done) if self.done else math.inf

    def pass_by(self, seconds: float) -> None:
        if self.done:
            self.had += seconds / len(self.done)


def reckon(works: Sequence[Work], waiting: Sequence[float]) -> tuple[list[list[float]], list[float]]:
    """In how many seconds each run of each engine is done, and each that waits begins, by their engine-seconds.

    Those that wait begin in their order, each on the engine that has the fewest runs. Engines without a slot take none.
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
