"""Record beside weights where they came from. Later fetches and ``verify`` compare with it."""

import asyncio
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import WeightsFailed
from bot.jobs.files import write_atomically
from bot.weights.download import digest

SUFFIX = ".provenance.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A fetched file. ``published`` says whether its publisher states the same hash."""

    source: str
    sha256: str
    size: int
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """A record. ``origins`` are by first address or path, and ``made`` maps a file's name to its hash."""

    checkpoint: str
    licence: str
    origins: dict[str, Origin] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)


def path_of(weights: Path) -> Path:
    """Return the path of the record of a file of weights."""
    return weights.with_suffix(SUFFIX)


def read(weights: Path) -> Provenance | None:
    """Read the record beside ``weights``, if there is one. Raises :class:`WeightsFailed` for a damaged one."""
    path = path_of(weights)
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        origins = {key: Origin(**values) for key, values in content.pop("origins").items()}
        return Provenance(origins=origins, **content)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsFailed(f"{path} cannot be read ({error}). Remove it to have the weights recorded anew.") from None


async def write(weights: Path, provenance: Provenance) -> None:
    """Replace the record beside ``weights``."""
    content = (json.dumps(asdict(provenance), indent=1) + "\n").encode()
    await asyncio.to_thread(write_atomically, path_of(weights), content)


async def of_file(file: Path) -> Origin:
    """Return the origin of a file on a disk."""
    size = (await asyncio.to_thread(file.stat)).st_size
    return Origin(source=file.name, sha256=await digest(file), size=size, published=False)


async def hashes(files: list[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file, by its name."""
    return {file.name: await digest(file) for file in files}
