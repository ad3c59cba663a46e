"""The curves of a training, as a picture beside its log."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

Point = tuple[int, float, dict[str, float]]
"""What was logged of a step: its number, the seconds of training until then, and its numbers by name."""
NEIGHBOURS = 30
"""A smooth curve's point is the mean with one in so many of all points, on either side."""
_WIDTH, _HEIGHT = 8.0, 2.2  # inches, of each curve


def draw(history: Sequence[Point], path: Path) -> None:
    """Write the PNG `path`: one curve over training time for every name in `history`, as logged and smoothed.

    Without matplotlib (the extra `train`) nothing is drawn, and the log says so.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        log.warning("no curves are drawn: matplotlib is missing (pip install 'faraday-bot[train]')")
        return
    curves = _curves(history)
    if not curves:
        return
    figure = Figure(figsize=(_WIDTH, _HEIGHT * len(curves)), layout="constrained")
    figure.suptitle(f"{path.stem}: {history[-1][0]:,} steps in {history[-1][1] / 60:.1f} minutes")
    for axes, (name, (minutes, values)) in zip(
        figure.subplots(len(curves), squeeze=False)[:, 0], curves.items(), strict=True
    ):
        axes.plot(minutes, values, color="tab:blue", alpha=0.3, linewidth=1)
        axes.plot(minutes, _smooth(values), color="tab:blue", linewidth=1.6)
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
    axes.set_xlabel("minutes of training")
    part = path.with_suffix(".part")
    figure.savefig(part, format="png", dpi=100)
    part.replace(path)


def _curves(history: Sequence[Point]) -> Mapping[str, tuple[list[float], list[float]]]:
    """(minutes, values) of every name, in the order of their appearance; a name may come and go."""
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for _, seconds, numbers in history:
        for name, value in numbers.items():
            minutes, values = curves.setdefault(name, ([], []))
            minutes.append(seconds / 60)
            values.append(value)
    return curves


def _smooth(values: Sequence[float]) -> list[float]:
    """The mean of each value and its neighbours on both sides, so that the curve does not lag."""
    reach = len(values) // NEIGHBOURS
    windows = (values[max(0, i - reach) : i + reach + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]
