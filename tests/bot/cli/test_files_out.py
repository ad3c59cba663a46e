"""Files that the command line writes."""

from pathlib import Path

import pytest

from bot.cli.output import Kept, slug
from bot.errors import BadSetting


@pytest.mark.parametrize("letter", ["a", "é", "猫", "𠀀", "𝔞"])
def test_names_fit_any_file_system(letter: str) -> None:
    assert 0 < len(slug(letter * 300).encode()) <= 60


@pytest.mark.parametrize("first", ["out", "film"])
def test_two_files_of_one_name_are_refused_before_painting(first: str, tmp_path: Path) -> None:
    name = {"out": "x.png", "film": "x.mp4"}[first]
    (tmp_path / "sub").mkdir()
    with pytest.raises(BadSetting, match="named twice"):
        Kept(**{first: tmp_path / name, "checkpoint": tmp_path / "sub" / ".." / name}).checked()  # type: ignore[arg-type]
