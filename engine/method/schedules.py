"""Schedules by name: how a weight, a learning rate or a number of cutouts changes over a run.

A schedule takes the value given, the 1-based iteration and the number of iterations, and returns the value to use.
"""

import math
from collections.abc import Callable, Mapping

Schedule = Callable[[float, int, int], float]


def _paper(weight: float, iteration: int, iterations: int) -> float:
    """Decay by 0.005 (paper §2.4), read as per iteration: 1.5 reaches 0 after 300 of 400."""
    return max(0.0, weight - 0.005 * (iteration - 1))


def _notebook(weight: float, iteration: int, iterations: int) -> float:
    """Subtract a fifth of ``weight`` every 50 iterations: 1.5, 1.2, 0.9, 0.6, and from iteration 201 on 0.

    The last fifth is left out: in the notebook it is rounded to less than its step of 0.3 and then set to 0.
    """
    steps = (iteration - 1) // 50
    return weight * (1 - steps / 5) if steps < 4 else 0.0


def _reciprocal(weight: float, iteration: int, iterations: int) -> float:
    """Return w / (2 i + 1) with i from 0, as the published programs do."""
    return weight / (2 * iteration - 1)


def _linear(value: float, iteration: int, iterations: int) -> float:
    """Fall from ``value`` at the first iteration to 0 after the last."""
    return value * (1 - (iteration - 1) / iterations)


def _constant(value: float, iteration: int, iterations: int) -> float:
    return value


def _step(rate: float, iteration: int, iterations: int) -> float:
    """Return a tenth of ``rate`` after three quarters of the run."""
    return rate if iteration <= 0.75 * iterations else rate / 10


def _cosine(rate: float, iteration: int, iterations: int) -> float:
    """Fall by half a cosine from ``rate`` at the first iteration to 0 after the last."""
    return rate * (1 + math.cos(math.pi * (iteration - 1) / iterations)) / 2


def _rising(count: float, iteration: int, iterations: int) -> float:
    """Rise from a quarter of ``count`` at the first iteration to all of it at the last."""
    return count * (1 + 3 * (iteration - 1) / max(1, iterations - 1)) / 4


def _falling(count: float, iteration: int, iterations: int) -> float:
    """Fall from all of ``count`` at the first iteration to a quarter of it at the last."""
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
