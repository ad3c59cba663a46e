"""Check that weights have not changed since they were made."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsFailed
from bot.weights import header, provenance
from bot.weights.download import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """Hold what is known about a file. ``well`` is None if no record tells."""

    file: Path
    well: bool | None
    text: str


async def verify(files: list[Path]) -> AsyncIterator[FileCheck]:
    """Read every file, and compare it with the record beside it."""
    for file in files:
        yield await _check(file)


async def _check(file: Path) -> FileCheck:
    try:
        expected = _expected(file)
    except WeightsFailed as error:
        return FileCheck(file=file, well=False, text=f"cannot be relied on: {error}")
    if expected is None:
        return FileCheck(file=file, well=None, text="is whole, but no record says what it should be")
    found = await digest(file)
    if found != expected:
        text = f"has changed since it was made: its SHA-256 was {expected} and is {found}. Fetch or convert it again."
        return FileCheck(file=file, well=False, text=text)
    return FileCheck(file=file, well=True, text=f"is as it was made, SHA-256 {found}")


def _expected(file: Path) -> str | None:
    if not file.is_file():
        raise WeightsFailed("it is missing. Fetch it, or convert it again.")
    if file.suffix == ".safetensors":
        header.read(file)
    record = provenance.read(file)
    return record.made.get(file.name) if record else None
