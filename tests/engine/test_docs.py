"""docs/engine.md has a row for every setting, with the values and the default that it has, and a picture."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.gallery import OUT, PICTURES
from engine.bundles.bundles import CHOICES
from engine.messages import defaults, settings

DOCS = Path(__file__).parents[2] / "docs"
_LARGEST = 1_500_000  # bytes of all pictures together


def rows() -> dict[str, list[str]]:
    lines = (DOCS / "engine.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
    assert len({row[0] for row in cells}) == len(cells)
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_setting_has_a_row_with_its_own_values_and_default() -> None:
    assert set(rows()) == set(settings())
    for name, (values, default, _, meaning, _) in rows().items():
        assert values == settings()[name].allowed(dict(CHOICES)), name
        usual = defaults().get(name)
        if usual not in (None, (), ""):
            assert default == f"`{settings()[name].show(usual)}`", name
        assert meaning.endswith("."), name


def test_every_picture_is_there_shown_and_painted_by_the_gallery() -> None:
    text = (DOCS / "engine.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"!\[\w+\]\(pictures/engine/(\w+)\.jpg\)", text))
    assert shown == set(PICTURES) == {path.stem for path in (DOCS.parent / OUT).iterdir()}
    for name, row in rows().items():
        (picture,) = re.findall(r"\]\(pictures/engine/(\w+)\.jpg\)$", row[-1])
        assert picture in shown, name
    assert sum(path.stat().st_size for path in (DOCS.parent / OUT).iterdir()) < _LARGEST
