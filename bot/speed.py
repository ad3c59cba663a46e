"""How long a picture takes, learned from those that were painted, and when each that waits will begin."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from engine.messages import Spec

_NEWEST = 0.2  # weight of the newest run in the moving average
_GUESS = 2e-6  # seconds per iteration and pixel, until something was measured


class Speed:
    """Seconds per iteration, by bundle and number of pixels."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, float]] = {}

    @property
    def known(self) -> bool:
        """Whether anything was measured yet."""
        return bool(self._known)

    def learn(self, spec: Spec, iterations: int, seconds: float) -> None:
        """From a run that made so many iterations of ``spec`` in ``seconds``; one of unusual cutouts tells nothing."""
        if iterations < 1 or seconds <= 0 or spec.cutouts is not None:
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


def starts(left: Iterable[float], slots: int, waiting: Sequence[float]) -> list[float]:
    """In how many seconds each of ``waiting`` runs, by their lengths in order, begins on ``slots`` that have ``left``
    to do on their runs under way. Empty without a slot.
    """
    if slots < 1:
        return []
    busy = sorted(left)[-slots:]
    free_in = [0.0] * (slots - len(busy)) + busy
    heapq.heapify(free_in)
    begins = []
    for seconds in waiting:
        begins.append(free_in[0])
        heapq.heapreplace(free_in, free_in[0] + seconds)
    return begins
