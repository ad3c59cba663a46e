"""Transfer one address into one .part file, through dropped connections, stalls and busy servers.

A note beside the .part file has the address, the server's validator (ETag or time of change) and the whole size. The
next attempt asks for the rest with ``Range``, and with ``If-Range`` so that a changed file comes anew. Without a
validator or a published hash, it begins again.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import aiohttp

from bot.backoff import Backoff
from bot.errors import WeightsFailed

_CHUNK = 1 << 20
_RESERVE = 256 << 20  # bytes of disk that are left to the rest of the machine
_LONGEST_PAUSE = 300.0  # seconds that a server may ask to wait
_UNREACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Say how long a transfer waits, and how often it tries."""

    stall: float = 30.0  # seconds without a byte, until a connection counts as dead
    attempts: int = 6  # without progress, until the transfer gives up
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReport:
    """Say where a transfer reports sentences, and how many bytes of how many it has."""

    say: Callable[[str], None]
    at: Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The note beside a .part file."""

    url: str
    validator: str | None
    total: int | None


class AddressFailed(Exception):
    """This address does not give the file, but another one may."""


class _Interrupted(Exception):
    """Trying the same address again may help, after ``pause`` seconds if the server said so."""

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class Transfer:
    """Transfers one address into one .part file."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        part: Path,
        sha256: str | None,
        report: TransferReport,
        patience: Patience,
    ) -> None:
        self._session = session
        self._url = url
        self._part = part
        self._sha256 = sha256
        self._report = report
        self._patience = patience
        self._answered = False  # the server was there, so it may come back

    async def run(self) -> None:
        """Transfer the whole file. Raises :class:`AddressFailed`, and :class:`WeightsFailed` for a full disk."""
        failures, most = 0, self._size()
        while True:
            try:
                return await self._attempt()
            except (_Interrupted, aiohttp.ClientError, TimeoutError) as error:
                size = self._size()
                failures = 1 if size > most else failures + 1
                most = max(most, size)
                reason = self._explain(error)
                if not self._answered and isinstance(error, _UNREACHED):
                    raise AddressFailed(f"{reason}: no network?") from None
                if failures >= self._patience.attempts:
                    raise AddressFailed(f"{reason} ({failures} times without getting further)") from None
                pause = getattr(error, "pause", None) or self._patience.backoff.delay(failures)
                self._report.say(f"{reason}; trying again in {pause:.3g} s")
                await asyncio.sleep(pause)

    def _explain(self, error: Exception) -> str:
        match error:
            case TimeoutError():
                return f"nothing came for {self._patience.stall:g} s"
            case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError():
                return f"the connection broke off after {self._size():,} bytes"
            case aiohttp.ClientConnectorError():
                return f"{error.host} cannot be reached ({error.os_error.strerror or error.os_error})"
            case _:
                return str(error) or type(error).__name__

    async def _attempt(self) -> None:
        begun = self._begun()
        offset = self._size() if begun else 0
        headers = {"Accept-Encoding": "identity"}  # a compressed answer has other offsets
        if begun and offset:
            headers["Range"] = f"bytes={offset}-"
            if begun.validator:
                headers["If-Range"] = begun.validator
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._patience.stall, sock_read=self._patience.stall)
        async with self._session.get(self._url, headers=headers, timeout=timeout, read_bufsize=_CHUNK) as response:
            self._answered = True
            if response.status == 416 and begun and begun.total == offset:
                return  # it was whole already
            here = self._accept(response, begun, offset)
            total = here + response.content_length if response.content_length is not None else None
            note = Beginning(url=self._url, validator=_validator(response), total=total)
            note_of(self._part).write_text(json.dumps(asdict(note)), encoding="utf-8")
            await self._receive(response, here, total)

    def _begun(self) -> Beginning | None:
        """Read the note beside the .part file, if the transfer can continue from it."""
        try:
            begun = Beginning(**json.loads(note_of(self._part).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        told_apart = begun.validator is not None or self._sha256 is not None
        return begun if begun.url == self._url and told_apart and self._part.exists() else None

    def _accept(self, response: aiohttp.ClientResponse, begun: Beginning | None, offset: int) -> int:
        """Return the offset of the answer's body. Raises for an answer that does not help."""
        if response.status in _BUSY:
            raise _Interrupted(f"the server answered {response.status} {response.reason}", _retry_after(response))
        if response.status == 416:
            discard(self._part)
            raise _Interrupted("the file is another one than before; beginning again")
        if response.status not in (200, 206):
            raise AddressFailed(f"the server answered {response.status} {response.reason}")
        if response.content_type == "text/html":
            raise AddressFailed("it gave a web page instead of the file; it may have moved")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise AddressFailed("the server compresses the file although it was asked not to")
        if response.status == 200:
            if offset:
                self._report.say(
                    "The server cannot go on where it was interrupted, or the file changed: from the start."
                )
            return 0
        if not begun or not _continues(response, begun, offset):
            discard(self._part)
            raise _Interrupted("the file changed meanwhile; beginning again")
        return offset

    async def _receive(self, response: aiohttp.ClientResponse, offset: int, total: int | None) -> None:
        self._check_disk(needed=(total or offset) - offset)
        unchecked = 0
        with self._part.open("r+b" if offset else "wb") as file:
            file.truncate(offset)
            file.seek(offset)
            self._report.at(offset, total)
            async for chunk in response.content.iter_chunked(_CHUNK):
                await asyncio.to_thread(self._write, file, chunk)
                offset, unchecked = offset + len(chunk), unchecked + len(chunk)
                self._report.at(offset, total)
                if unchecked >= 64 * _CHUNK:
                    self._check_disk(needed=(total or offset) - offset)
                    unchecked = 0
        if total is not None and offset != total:
            raise _Interrupted(f"the server ended after {offset:,} of {total:,} bytes")

    def _write(self, file: BinaryIO, chunk: bytes) -> None:
        try:
            file.write(chunk)
        except OSError as error:
            raise WeightsFailed(f"{self._part} cannot be written: {error.strerror}. {_KEPT}") from None

    def _check_disk(self, needed: int) -> None:
        free = shutil.disk_usage(self._part.parent).free
        if free < needed + _RESERVE:
            raise WeightsFailed(
                f"There is too little room in {self._part.parent}: {_gigabytes(needed + _RESERVE)} are needed and "
                f"{_gigabytes(free)} free. {_KEPT}"
            )

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0


_KEPT = "What has arrived is kept: make room and run the same command again."


def _validator(response: aiohttp.ClientResponse) -> str | None:
    """Return a strong ETag, else the time of change, for If-Range."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _continues(response: aiohttp.ClientResponse, begun: Beginning, offset: int) -> bool:
    """Return whether a 206 continues the same file at ``offset``, because some servers ignore If-Range."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if not found or int(found[1]) != offset or _validator(response) not in (None, begun.validator):
        return False
    return found[3] == "*" or begun.total is None or int(found[3]) == begun.total


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    told = response.headers.get("Retry-After", "")
    return min(float(told), _LONGEST_PAUSE) if told.isdecimal() else None


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"


def note_of(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    note_of(part).unlink(missing_ok=True)
