"""The figures as tables to read and as one object to store."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from benchmarks.alignment.scores import Alignment, Edited, Share


def alignment_table(painted: Alignment, real: Alignment) -> Table:
    """Painted pictures beside real ones of the same prompts."""
    table = Table("", "painted", "95 % interval", "real pictures (ceiling)", "share of the ceiling")
    table.add_row("top-1, all", *_cells(painted.top1, real.top1))
    table.add_row("top-1, pairs never trained", *_cells(painted.top1_unseen, real.top1_unseen))
    table.add_row("top-1, chance", f"{1 / len(painted.found):.1%}", "", "", "", end_section=True)
    for name, found in painted.attributes.items():
        table.add_row(name.replace("_", " "), *_cells(found, real.attributes[name]))
    return table


def alignment_figures(painted: Alignment, real: Alignment) -> dict[str, Any]:
    """All shares are 0 to 1; top1_unseen is among all prompts too."""
    return {
        "prompts": len(painted.found),
        "top1": painted.top1.value,
        "top1_unseen": painted.top1_unseen.value,
        "ceiling": real.top1.value,
        "ceiling_unseen": real.top1_unseen.value,
        "chance": 1 / len(painted.found),
        "intervals": {"top1": painted.top1.interval(), "top1_unseen": painted.top1_unseen.interval()},
        "attributes": _values(painted.attributes),
        "attributes_ceiling": _values(real.attributes),
        "attributes_of": {name: found.of for name, found in painted.attributes.items()},
    }


def edits_tables(edited: Edited, real: Edited, outside: Mapping[str, Mapping[str, float]]) -> list[Table]:
    """What was asked for and reached, how far the rest of the picture moved (0 to 255), and what was kept."""
    asked = Table("asked", "reached", "95 % interval", "real pictures (ceiling)", "of the ceiling",
                  "difference outside", "of the VQGAN alone", "of the real change")  # fmt: skip
    asked.add_row("all", *_cells(_total(edited), _total(real)), "", "", "", end_section=True)
    for name, found in edited.reached.items():
        numbers = (f"{outside[name][kind]:.1f}" for kind in ("edited", "reconstructed", "real"))
        asked.add_row(name, *_cells(found, real.reached[name]), *numbers)
    kept = Table("kept", "edited", "95 % interval", "real pictures (ceiling)", "of the ceiling")
    for name, found in edited.kept.items():
        kept.add_row(name.replace("_", " "), *_cells(found, real.kept[name]))
    return [asked, kept]


def edits_figures(edited: Edited, real: Edited, outside: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """All shares are 0 to 1, differences 0 to 255."""
    return {
        "edits": len(edited.done),
        "reached": _total(edited).value,
        "reached_interval": _total(edited).interval(),
        "reached_ceiling": _total(real).value,
        "reached_by_attribute": _values(edited.reached),
        "kept": _values(edited.kept),
        "kept_ceiling": _values(real.kept),
        "kept_of": {name: found.of for name, found in edited.kept.items()},
        "outside": {name: dict(numbers) for name, numbers in outside.items()},
    }


def _total(edited: Edited) -> Share:
    return Share(right=sum(edited.done), of=len(edited.done))


def _values(shares: Mapping[str, Share]) -> dict[str, float]:
    return {name: found.value for name, found in shares.items()}


def _cells(found: Share, real: Share) -> tuple[str, str, str, str]:
    if not found.of:
        return "none asked", "", "", ""
    low, high = found.interval()
    of_ceiling = f"{found.value / real.value:.1%}" if real.right else "–"
    ceiling = f"{real.value:.1%}"
    return f"{found.value:.1%} ({found.right} of {found.of})", f"{low:.1%} to {high:.1%}", ceiling, of_ceiling
