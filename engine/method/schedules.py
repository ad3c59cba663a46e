"""How a weight, a learning rate or a number of cutouts changes over a run: one named entry each.

A schedule takes the value given, the 1-based iteration and the number of iterations, and returns the value to use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Schedule = Callable[[float, int, int], float]


def _paper(weight: float, iteration: int, iterations: int) -> float:
    """The paper's "decay by 0.005" (001 §2.4), read as per iteration: 1.5 reaches 0 after 300 of 400."""
    return max(0.0, weight - 0.005 * (iteration - 1))


def _notebook(weight: float, iteration: int, iterations: int) -> float:
    """A fifth of ``weight`` less every 50 iterations: 1.5, 1.2, 0.9, 0.6, and from iteration 201 on 0.

    A fifth of it would be left for the 50 after that; the notebook's rounding makes it 0.29999999999999993, which is
    less than its step of 0.3, and it then sets the weight to 0.
    """
    steps = (iteration - 1) // 50
    return weight * (1 - steps / 5) if steps < 4 else 0.0


def _reciprocal(weight: float, iteration: int, iterations: int) -> float:
    """w / (2 i + 1) with i from 0, as the published programs have it: a tenth is left at the sixth iteration."""
    return weight / (2 * iteration - 1)


def _linear(value: float, iteration: int, iterations: int) -> float:
    """From ``value`` at the first iteration to 0 after the last."""
    return value * (1 - (iteration - 1) / iterations)


def _constant(value: float, iteration: int, iterations: int) -> float:
    return value


def _step(rate: float, iteration: int, iterations: int) -> float:
    """A tenth after three quarters of the run."""
    return rate if iteration <= 0.75 * iterations else rate / 10


def _cosine(rate: float, iteration: int, iterations: int) -> float:
    """Half a cosine: from ``rate`` at the first iteration to 0 after the last."""
    return rate * (1 + math.cos(math.pi * (iteration - 1) / iterations)) / 2


def _rising(count: float, iteration: int, iterations: int) -> float:
    """A quarter of ``count`` at the first iteration, all of it at the last."""
    return count * (1 + 3 * (iteration - 1) / max(1, iterations - 1)) / 4


def _falling(count: float, iteration: int, iterations: int) -> float:
    """All of ``count`` at the first iteration, a quarter of it at the last."""
    return _rising(count, iterations + 1 - iteration, iterations)


DECAYS: Mapping[str, Schedule] = {
    "none": lambda weight, iteration, iterations: 0.0,
    "constant": _constant,
    "linear": _linear,
    "paper": _paper,
    "notebook": _notebook,
    "reciprocal": _reciprocal,
}
"""For the weights of loss terms."""

RATES: Mapping[str, Schedule] = {"constant": _constant, "step": _step, "linear": _linear, "cosine": _cosine}
"""For the learning rate."""

COUNTS: Mapping[str, Schedule] = {"constant": _constant, "rising": _rising, "falling": _falling}
"""For the number of cutouts, which is rounded and never below 1."""
