"""Download a file from the first address that gives it, and check its hash."""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.errors import WeightsFailed
from bot.weights.transfer import AddressFailed, Patience, Transfer, TransferReport, discard, note_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A downloaded file, and the address that gave it."""

    path: Path
    url: str
    sha256: str
    size: int


class AddressesFailed(WeightsFailed):
    """No address gave the file."""


async def download(
    session: aiohttp.ClientSession,
    urls: Sequence[str],
    target: Path,
    *,
    sha256: str | None,
    report: TransferReport,
    patience: Patience | None = None,
) -> Arrived:
    """Fetch ``target`` from the first address that gives it. ``sha256`` is the expected hash, if it is known.

    Raises :class:`AddressesFailed`, which says what each address did, and :class:`WeightsFailed` for a full disk. What
    has arrived is kept for the next time, unless its hash was wrong.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    failures = []
    with _alone(part):
        for url in urls:
            try:
                await Transfer(session, url, part, sha256, report, patience or Patience()).run()
                found = await _checked(part, sha256, url)
            except AddressFailed as error:
                failures.append(f"  {url}: {error}")
                if url != urls[-1]:
                    report.say(f"{error}; trying the next address")
                continue
            size = part.stat().st_size
            part.replace(target)
            note_of(part).unlink(missing_ok=True)
            return Arrived(path=target, url=url, sha256=found, size=size)
    advice = "What has arrived is kept: the same command goes on from there." if part.exists() else "Try again later."
    raise AddressesFailed("\n".join([f"{target.name} could not be fetched:", *failures, advice]))


async def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""

    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await asyncio.to_thread(read)


async def _checked(part: Path, sha256: str | None, url: str) -> str:
    found = await digest(part)
    if sha256 is not None and found != sha256:
        discard(part)
        raise AddressFailed(f"it gave a file with the SHA-256 {found}, not the published {sha256}; I removed it")
    return found


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Keep a second process from writing into the same file. Raises :class:`WeightsFailed`."""
    lock = part.with_name(f".{part.name}.lock")
    with lock.open("wb") as file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows
            pass
        except BlockingIOError:
            raise WeightsFailed(f"{part.name} is being fetched by another process. Wait for it to end.") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
