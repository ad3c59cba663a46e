"""Print the longest circle of imports among the files of the product, and how many modules each folder holds.

Run ``python -m tests.circles``; imports for type checkers count too. It exits with 1 if there is a circle or a folder
with more than :data:`MOST_MODULES` modules.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PACKAGES = ("benchmarks", "bot", "cogs", "engine", "migrations", "sandbox", "training")
MOST_MODULES = 12
ONE_FILE_A_FEATURE = {"cogs"}  # a folder may hold more modules here


def imports() -> dict[str, set[str]]:
    """Return what each module of the product imports, in a function or for type checkers included."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {name: set(graph.find_modules_directly_imported_by(name)) for name in graph.modules}


def circles(arrows: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or not, the largest first."""
    reached = {name: _reached(name, arrows) for name in arrows}
    groups = {frozenset(other for other in reached[name] if name in reached[other]) for name in arrows}
    return sorted((sorted(group) for group in groups if group), key=len, reverse=True)


def _reached(start: str, arrows: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(arrows[name])
    return found


def crowded() -> dict[str, int]:
    """Return the folders with more than :data:`MOST_MODULES` modules, beside ``__init__`` and ``__main__``."""
    folders: dict[str, int] = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if not path.stem.startswith("__") and "versions" not in path.parts:
                folder = path.parent.relative_to(ROOT).as_posix()
                folders[folder] = folders.get(folder, 0) + 1
    return {name: many for name, many in folders.items() if many > MOST_MODULES and name not in ONE_FILE_A_FEATURE}


def main() -> int:
    found = circles(imports())
    for circle in found:
        print(f"circle of {len(circle)}: {', '.join(circle)}")  # noqa: T201
    for folder, many in crowded().items():
        print(f"crowded: {folder} has {many} modules")  # noqa: T201
    if not found:
        print("no circle")  # noqa: T201
    return 1 if found or crowded() else 0


if __name__ == "__main__":
    sys.exit(main())
