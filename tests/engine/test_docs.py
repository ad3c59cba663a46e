"""docs/engine.md has a row for every setting, with the values and the default that it has."""

from __future__ import annotations

from pathlib import Path

from engine.bundles import CHOICES
from engine.messages import defaults, settings

DOCS = Path(__file__).parents[2] / "docs"


def rows() -> dict[str, list[str]]:
    lines = (DOCS / "engine.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines if line.startswith("| `")]
    assert len({row[0] for row in cells}) == len(cells)
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_setting_has_a_row_with_its_own_values_and_default() -> None:
    assert set(rows()) == set(settings())
    for name, (values, default, _, meaning) in rows().items():
        assert values == settings()[name].allowed(dict(CHOICES)), name
        usual = defaults().get(name)
        if usual not in (None, (), ""):
            assert default == f"`{settings()[name].show(usual)}`", name
        assert meaning.endswith("."), name
