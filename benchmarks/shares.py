"""Compute shares and means with their 95 % intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

Z: Final = 1.959964  # the normal distribution's 97.5 % quantile
RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A count of right answers out of all answers."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """Return the share, 0 to 1, or NaN if there was nothing to count."""
        return self.right / self.of if self.of else math.nan

    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of the probability behind the share (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.right / self.of, self.of
        middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)

    def between(self) -> str:
        """Return the interval in words, as "12.5 % to 40.0 %"."""
        return "{:.1%} to {:.1%}".format(*self.interval())


def share(results: Sequence[bool]) -> Share:
    """Return the share of true results."""
    return Share(right=sum(results), of=len(results))


def mean_interval(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean behind ``numbers``: bootstrap percentiles (Efron 1979), seeded."""
    drawn = np.random.default_rng(0).choice(np.asarray(numbers), (RESAMPLES, len(numbers)))
    low, high = np.quantile(drawn.mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
