"""Shares and means, with their 95 % intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

Z: Final = 1.959964
"""The normal distribution's 97.5 % quantile: intervals of 95 %."""
RESAMPLES: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of how many."""

    right: int
    of: int

    @property
    def value(self) -> float:
        """0 to 1; not a number where there was nothing to count."""
        return self.right / self.of if self.of else math.nan

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the probability behind the share (Wilson 1927)."""
        if not self.of:
            return 0.0, 1.0
        p, n = self.right / self.of, self.of
        middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
        return max(0.0, middle - half), min(1.0, middle + half)


def share(results: Sequence[bool]) -> Share:
    """The share of what is true."""
    return Share(right=sum(results), of=len(results))


def mean_interval(numbers: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean behind one or more ``numbers``: bootstrap percentiles (Efron 1979), always the same."""
    drawn = np.random.default_rng(0).choice(np.asarray(numbers), (RESAMPLES, len(numbers)))
    low, high = np.quantile(drawn.mean(axis=1), (0.025, 0.975))
    return float(low), float(high)
