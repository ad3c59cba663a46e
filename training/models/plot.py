"""Draw the curves of a training beside its log."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.files import written_whole

log = logging.getLogger(__name__)

Point = tuple[int, float, dict[str, float]]  # a step's number, the seconds until then, its logged numbers by name
NEIGHBOURS = 30  # the smooth curve averages one in so many of all points on either side
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
    with written_whole(path) as part:
        figure.savefig(part, format="png", dpi=100)


def _curves(history: Sequence[Point]) -> Mapping[str, tuple[list[float], list[float]]]:
    """Return (minutes, values) of every name, in the order of appearance; a name may be missing in some points."""
    curves: dict[str, tuple[list[float], list[float]]] = {}
    for _, seconds, numbers in history:
        for name, value in numbers.items():
            minutes, values = curves.setdefault(name, ([], []))
            minutes.append(seconds / 60)
            values.append(value)
    return curves


def _smooth(values: Sequence[float]) -> list[float]:
    """Average each value with its neighbours on both sides, so that the curve does not lag."""
    reach = len(values) // NEIGHBOURS
    windows = (values[max(0, i - reach) : i + reach + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]
