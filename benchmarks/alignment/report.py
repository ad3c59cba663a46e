"""Show the figures as tables and as one object."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from rich.table import Table

from benchmarks.alignment.scores import Alignment, Edited
from benchmarks.shares import Share, mean_interval, share

Differences = Mapping[str, Mapping[str, Sequence[float]]]
"""Differences outside the subject, 0 to 255, of each edit, by asked attribute and kind of picture."""


def alignment_table(painted: Alignment, real: Alignment) -> Table:
    """Return a table of painted pictures beside real ones of the same prompts."""
    table = Table("", "painted", "95 % interval", "real pictures (ceiling)", "share of the ceiling")
    table.add_row("top-1, all", *_cells(painted.top1, real.top1))
    table.add_row("top-1, pairs never trained", *_cells(painted.top1_unseen, real.top1_unseen))
    table.add_row("top-1, chance", f"{1 / len(painted.found):.1%}", "", "", "", end_section=True)
    for name, found in painted.attributes.items():
        table.add_row(name.replace("_", " "), *_cells(found, real.attributes[name]))
    return table


def alignment_figures(painted: Alignment, real: Alignment) -> dict[str, Any]:
    """Return the shares, 0 to 1; top1_unseen chooses among all prompts too."""
    return {
        "prompts": len(painted.found),
        "top1": painted.top1.value,
        "top1_unseen": painted.top1_unseen.value,
        "ceiling": real.top1.value,
        "ceiling_unseen": real.top1_unseen.value,
        "chance": 1 / len(painted.found),
        "intervals": {
            "top1": painted.top1.interval(),
            "top1_unseen": painted.top1_unseen.interval(),
            "ceiling": real.top1.interval(),
            "ceiling_unseen": real.top1_unseen.interval(),
        },
        "attributes": _values(painted.attributes),
        "attributes_intervals": _intervals(painted.attributes),
        "attributes_ceiling": _values(real.attributes),
        "attributes_of": {name: found.of for name, found in painted.attributes.items()},
    }


def edits_tables(edited: Edited, unedited: Edited, real: Edited, outside: Differences) -> list[Table]:
    """Return tables of what was reached, what was kept, and how far the picture moved outside the subject.

    ``unedited`` are the pictures as the VQGAN alone returns them, to tell its losses from those of the edits.
    """
    asked = Table("asked", "reached", "95 % interval", "without an edit", "real pictures (ceiling)", "of the ceiling")
    asked.add_row("all", *_beside(share(edited.done), share(unedited.done), share(real.done)), end_section=True)
    for name, found in edited.reached.items():
        asked.add_row(name, *_beside(found, unedited.reached[name], real.reached[name]))
    kept = Table("kept", "edited", "95 % interval", "without an edit", "real pictures (ceiling)", "of the ceiling")
    for name, found in edited.kept.items():
        kept.add_row(name.replace("_", " "), *_beside(found, unedited.kept[name], real.kept[name]))
    moved = Table("difference outside", "edited", "95 % interval", "without an edit", "real pictures")
    for name, kinds in outside.items():
        low, high = mean_interval(kinds["edited"])
        numbers = {kind: f"{fmean(found):.1f}" for kind, found in kinds.items()}
        moved.add_row(name, numbers["edited"], f"{low:.1f} to {high:.1f}", numbers["reconstructed"], numbers["real"])
    return [asked, kept, moved]


def edits_figures(edited: Edited, unedited: Edited, real: Edited, outside: Differences) -> dict[str, Any]:
    """Return the shares, 0 to 1, and the differences, 0 to 255."""
    return {
        "edits": len(edited.done),
        "reached": share(edited.done).value,
        "reached_interval": share(edited.done).interval(),
        "reached_unedited": share(unedited.done).value,
        "reached_ceiling": share(real.done).value,
        "reached_by_attribute": _values(edited.reached),
        "reached_by_attribute_intervals": _intervals(edited.reached),
        "kept": _values(edited.kept),
        "kept_intervals": _intervals(edited.kept),
        "kept_unedited": _values(unedited.kept),
        "kept_ceiling": _values(real.kept),
        "kept_of": {name: found.of for name, found in edited.kept.items()},
        "outside": {name: {kind: fmean(found) for kind, found in kinds.items()} for name, kinds in outside.items()},
        "outside_intervals": {
            name: {kind: mean_interval(found) for kind, found in kinds.items()} for name, kinds in outside.items()
        },
    }


def _values(shares: Mapping[str, Share]) -> dict[str, float]:
    return {name: found.value for name, found in shares.items()}


def _intervals(shares: Mapping[str, Share]) -> dict[str, tuple[float, float]]:
    return {name: found.interval() for name, found in shares.items()}


def _beside(found: Share, unedited: Share, real: Share) -> tuple[str, ...]:
    value, interval, *ceiling = _cells(found, real)
    return value, interval, f"{unedited.value:.1%}", *ceiling


def _cells(found: Share, real: Share) -> tuple[str, str, str, str]:
    if not found.of:
        return "none asked", "", "", ""
    of_ceiling = f"{found.value / real.value:.1%}" if real.right else "–"
    ceiling = f"{real.value:.1%}"
    return f"{found.value:.1%} ({found.right} of {found.of})", found.between(), ceiling, of_ceiling
