"""Pack all that is kept about a member into zip files that are small enough to be sent."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.jobs.files import Files

DATA = "data.json"
_SLACK = 65_536  # bytes that a zip needs for itself
Data = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipPart:
    """The content of one zip. Only the first has ``data``, the rows as JSON."""

    files: tuple[tuple[str, Path], ...]
    data: bytes | None = None

    def write(self, out: IO[bytes] | Path) -> None:
        """Write the zip. It compresses only the rows, because pictures are compressed already."""
        with zipfile.ZipFile(out, "w") as archive:
            if self.data is not None:
                archive.writestr(DATA, self.data, zipfile.ZIP_DEFLATED)
            for name, path in self.files:
                archive.write(path, name)


def pack(data: Data, files: Files, limit: int | None = None) -> tuple[list[ZipPart], list[str]]:
    """Return the parts of at most ``limit`` bytes, and the names of the files that are too large for one."""
    written = json.dumps(data, indent=2, ensure_ascii=False).encode()
    pages: list[list[tuple[str, Path]]] = [[]]
    filled, left_out = len(written), []
    room = float("inf") if limit is None else limit - _SLACK
    for name, path in _files(data, files):
        size = path.stat().st_size + 2 * len(name) + 256
        if size > room:
            left_out.append(name)
            continue
        if filled + size > room:
            pages.append([])
            filled = 0
        pages[-1].append((name, path))
        filled += size
    return [ZipPart(files=tuple(page), data=None if i else written) for i, page in enumerate(pages)], left_out


def _files(data: Data, files: Files) -> Iterator[tuple[str, Path]]:
    for job in data["jobs"]:
        folder = files.folder(job["id"])
        for path in sorted(folder.iterdir()) if folder.exists() else ():
            yield f"files/{job['id']}/{path.name}", path
