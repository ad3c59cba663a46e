"""What an installed copy needs beside its Python files is declared, else only a checkout would run."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
READ_AT_RUN_TIME = {".toml", ".jpg", ".safetensors", ".html", ".css", ".js"}


def test_every_file_that_a_package_reads_is_installed_with_it() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packed = {
        path
        for package, patterns in declared["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }
    names = [pattern.rstrip("*") for pattern in declared["packages"]["find"]["include"]]
    read = {path for name in names for path in (ROOT / name).rglob("*") if path.suffix in READ_AT_RUN_TIME}
    assert read, "the packages hold data files"
    assert sorted(read - packed) == []
