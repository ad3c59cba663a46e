"""Show what was measured in a table, with the bounds beside it."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.load.measure import Figures

BOUNDS = {
    "acknowledged_p99": 1.0,
    "acknowledged_longest": 3.0,
    "unanswered": 0,
    "lost": 0,
    "twice": 0,
    "refused_as_too_many": 0,
    "unfairness": 2.0,
}
"""The most that each figure may be. Discord gives up an interaction after three seconds."""


def held(figures: Figures) -> bool:
    """Return whether every bound was kept."""
    return all(value <= BOUNDS[name] for name, value in figures.as_dict().items() if name in BOUNDS)


def table(figures: Figures) -> Table:
    """Return a table with a line for each figure."""
    drawn = Table("figure", "measured", "at most")
    for name, value in figures.as_dict().items():
        shown = f"{value:.2f}" if isinstance(value, float) else f"{value:,}"
        bound = BOUNDS.get(name)
        style = "red" if bound is not None and value > bound else ""
        drawn.add_row(name.replace("_", " "), shown, "" if bound is None else f"{bound:g}", style=style)
    return drawn


@contextlib.contextmanager
def progress(console: Console, jobs: int) -> Iterator[Callable[[int, int], None]]:
    """Show two bars: interactions answered, and pictures posted."""
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        answered, posted = bars.add_task("answered", total=jobs), bars.add_task("posted", total=jobs)

        def told(answers: int, pictures: int) -> None:
            bars.update(answered, completed=answers)
            bars.update(posted, completed=pictures)

        yield told
