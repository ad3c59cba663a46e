"""Downloads over real sockets, from a server that drops, stalls, lies and changes its mind."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
import socket
from collections import namedtuple
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.backoff import Backoff
from bot.errors import WeightsFailed
from bot.weights.download import Arrived, download
from bot.weights.transfer import Patience, TransferReport
from tests.bot.weights.shelf import Fault, Shelf

CONTENT = random.Random(7).randbytes(400_000)
CHANGED = random.Random(8).randbytes(400_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
QUICK = Patience(stall=0.3, attempts=3, backoff=Backoff(first=0.01, longest=0.02))

Fetch = Callable[..., Awaitable[Arrived]]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def fetch(shelf: Shelf, tmp_path: Path, said: list[str]) -> Fetch:
    """Download ``model`` into ``tmp_path``."""
    shelf.files["model"] = CONTENT

    async def fetch(*names: str, sha256: str | None = SHA256) -> Arrived:
        report = TransferReport(say=said.append, at=lambda done, total: None)
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            urls = [shelf.url(name) for name in names or ("model",)]
            return await download(
                session, urls, tmp_path / "in" / "model.pt", sha256=sha256, report=report, patience=QUICK
            )

    return fetch


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "in").iterdir())


@pytest.mark.parametrize("sha256", [SHA256, None])
async def test_a_file_arrives_whole_and_alone(fetch: Fetch, tmp_path: Path, sha256: str | None) -> None:
    arrived = await fetch(sha256=sha256)
    assert arrived.path.read_bytes() == CONTENT
    assert (arrived.sha256, arrived.size) == (SHA256, len(CONTENT))
    assert left(tmp_path) == ["model.pt"]


@pytest.mark.parametrize("fault", ["drop", "stall"])
@pytest.mark.parametrize("sha256", [SHA256, None])
async def test_after_a_break_it_goes_on_where_it_was(
    fetch: Fetch, shelf: Shelf, fault: Fault, said: list[str], sha256: str | None
) -> None:
    shelf.faults = [fault, fault]
    arrived = await fetch(sha256=sha256)
    assert arrived.path.read_bytes() == CONTENT
    begins = [int(asked.removeprefix("bytes=").removesuffix("-") or 0) for _, asked in shelf.asked]
    assert len(begins) == 3 and 0 == begins[0] < begins[1] < begins[2]
    assert len(said) == 2 and all("trying again in 0.01 s" in line for line in said)


async def test_the_next_start_of_the_program_goes_on_too(fetch: Fetch, shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed, match=r"answered 404 Not Found[\s\S]*goes on from there"):
        await fetch()
    assert left(tmp_path) == ["model.pt.part", "model.pt.part.json"]
    assert (await fetch()).sha256 == SHA256
    assert shelf.asked[-1][1] == f"bytes={len(CONTENT) // 2}-"


@pytest.mark.parametrize("sha256", [SHA256, None])
@pytest.mark.parametrize("then", ["ignore range", "elsewhere"])
async def test_a_server_that_cannot_go_on_begins_anew(
    fetch: Fetch, shelf: Shelf, then: Fault, sha256: str | None
) -> None:
    shelf.faults = ["drop", then]
    assert (await fetch(sha256=sha256)).path.read_bytes() == CONTENT


async def test_without_anything_to_tell_a_mixture_by_it_begins_anew(fetch: Fetch, shelf: Shelf) -> None:
    shelf.validators = False
    shelf.faults = ["drop"]
    assert (await fetch(sha256=None)).path.read_bytes() == CONTENT
    assert [asked for _, asked in shelf.asked] == ["", ""]
    shelf.asked.clear()
    shelf.faults = ["drop"]
    assert (await fetch(sha256=SHA256)).path.read_bytes() == CONTENT
    assert shelf.asked[1][1] == f"bytes={len(CONTENT) // 2}-"  # the hash would tell


@pytest.mark.parametrize("fault", ["", "ignore if-range"])
async def test_a_file_that_changes_in_the_middle_comes_anew_and_whole(fetch: Fetch, shelf: Shelf, fault: Fault) -> None:
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed):
        await fetch(sha256=None)
    shelf.files["model"] = CHANGED
    shelf.faults = [fault]
    assert (await fetch(sha256=None)).path.read_bytes() == CHANGED


async def test_a_file_that_became_shorter_than_what_is_here_comes_anew(fetch: Fetch, shelf: Shelf) -> None:
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed):
        await fetch(sha256=None)
    shelf.files["model"] = CHANGED[:1000]
    assert (await fetch(sha256=None)).path.read_bytes() == CHANGED[:1000]


async def test_one_that_was_whole_but_not_yet_named_is_taken(fetch: Fetch, shelf: Shelf, tmp_path: Path) -> None:
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed):
        await fetch()
    (tmp_path / "in" / "model.pt.part").write_bytes(CONTENT)
    assert (await fetch()).sha256 == SHA256


@pytest.mark.parametrize("fault", ["corrupt", "too short"])
async def test_a_wrong_hash_is_refused_and_the_next_address_asked(
    fetch: Fetch, shelf: Shelf, tmp_path: Path, fault: Fault
) -> None:
    shelf.files["mirror"] = CONTENT
    shelf.faults = [fault]
    assert (await fetch("model", "mirror")).url == shelf.url("mirror")
    (tmp_path / "in" / "model.pt").unlink()
    shelf.faults = [fault, fault]
    with pytest.raises(WeightsFailed, match=rf"not the published {SHA256}; I removed it") as error:
        await fetch("model", "mirror")
    assert shelf.url("model") in str(error.value) and shelf.url("mirror") in str(error.value)
    assert left(tmp_path) == []


async def test_bytes_of_another_file_before_the_break_are_found_out_by_the_hash(
    fetch: Fetch, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.validators = False
    shelf.files["model"] = CHANGED
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed):
        await fetch()
    shelf.files["model"] = CONTENT
    with pytest.raises(WeightsFailed, match="not the published"):
        await fetch()
    assert left(tmp_path) == []
    assert (await fetch()).sha256 == SHA256


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("too long", "the connection broke off"),
        ("silent", "nothing came for 0.3 s"),
        ("busy", "answered 503 Service Unavailable"),
        ("page", "web page instead of the file"),
        ("gone", "answered 404 Not Found"),
        ("compress", "compresses the file"),
    ],
)
async def test_a_server_that_never_gives_the_file_is_given_up_with_the_reason(
    fetch: Fetch, shelf: Shelf, tmp_path: Path, fault: Fault, told: str
) -> None:
    shelf.always = fault
    with pytest.raises(WeightsFailed, match=told):
        await fetch()
    assert "model.pt" not in left(tmp_path)
    assert len(shelf.asked) <= 8
    shelf.always = ""
    assert (await fetch()).sha256 == SHA256


async def test_a_host_that_cannot_be_reached_is_named_and_the_mirror_asked(
    shelf: Shelf, fetch: Fetch, tmp_path: Path, said: list[str]
) -> None:
    report = TransferReport(say=said.append, at=lambda done, total: None)
    urls = ["http://127.0.0.1:9/model", shelf.url("model")]
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        arrived = await download(session, urls, tmp_path / "model", sha256=SHA256, report=report, patience=QUICK)
    assert arrived.url == urls[1]
    assert said[0].startswith("127.0.0.1 cannot be reached")


async def test_a_full_disk_is_told_before_it_is_full_and_what_is_here_is_kept(
    fetch: Fetch, tmp_path: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    shelf.faults = ["drop", "gone"]
    with pytest.raises(WeightsFailed):
        await fetch()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 9 * 10**8, 10**8))
    with pytest.raises(WeightsFailed, match=r"0\.27 GB are needed and 0\.10 GB free.*make room"):
        await fetch()
    assert (tmp_path / "in" / "model.pt.part").stat().st_size == len(CONTENT) // 2
    monkeypatch.undo()
    assert (await fetch()).sha256 == SHA256


async def test_two_programs_do_not_write_into_one_file(fetch: Fetch, shelf: Shelf, tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / ".model.pt.part.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(WeightsFailed, match="being fetched by another process"):
            await fetch()
    assert not shelf.asked


async def test_a_note_that_cannot_be_read_means_beginning_anew(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "model.pt.part").write_bytes(b"something else")
    (tmp_path / "in" / "model.pt.part.json").write_text(json.dumps({"url": 3}))
    assert (await fetch()).sha256 == SHA256


class NoNames(AbstractResolver):
    """What a resolver says without a network."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[ResolveResult]:
        raise OSError(socket.EAI_AGAIN, "Temporary failure in name resolution")

    async def close(self) -> None:
        pass


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("without", ["names", "an answer", "a proxy"])
async def test_without_a_network_it_gives_up_at_once_and_asks_if_there_is_one(
    without: str, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"http://127.0.0.1:{closed_port()}"
    urls = [f"{address}/model", f"{address}/mirror"] if without == "an answer" else ["http://models.example/model"]
    if without == "a proxy":
        monkeypatch.setenv("http_proxy", address)
    connector = aiohttp.TCPConnector(resolver=NoNames())
    report = TransferReport(say=said.append, at=lambda done, total: None)
    async with aiohttp.ClientSession(connector=connector, trust_env=True) as session:
        with pytest.raises(WeightsFailed, match=r"cannot be reached \(.+\): no network\?") as failed:
            await download(session, urls, tmp_path / "in" / "model.pt", sha256=SHA256, report=report)
    assert len(said) == len(urls) - 1 and not any("again" in line for line in said)
    assert str(failed.value).count("cannot be reached") == len(urls)
    assert not list((tmp_path / "in").iterdir())


async def test_a_server_that_goes_away_in_the_middle_is_waited_for(tmp_path: Path, said: list[str]) -> None:
    server: asyncio.Server

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.close()
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nETag: "a"\r\n\r\n' + CONTENT[:500])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/model"
    report = TransferReport(say=said.append, at=lambda done, total: None)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(WeightsFailed, match="without getting further"):
            await download(session, [url], tmp_path / "model.pt", sha256=None, report=report, patience=QUICK)
    assert len(said) == QUICK.attempts - 1 and "broke off after 500 bytes" in said[0]
    assert all("cannot be reached" in line for line in said[1:])
