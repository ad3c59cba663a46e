"""Real databases on disk, and jobs to put into them."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.files import Files
from bot.jobs import Kind, NewJob
from bot.queue import Queue
from bot.store import migrate, open_database
from engine.messages import Spec

SPEC = Spec(prompt="a red car at night", bundle="starter", width=32, height=32, iterations=20, seed=7)


class MakeJob(Protocol):
    def __call__(self, requester_id: int = 1, **changes: Any) -> NewJob: ...


@pytest.fixture
def new_job() -> MakeJob:
    """A job of requester 1 in channel 10; keywords change any field."""

    def make(requester_id: int = 1, **changes: Any) -> NewJob:
        fields: dict[str, Any] = {"kind": Kind.IMAGINE, "spec": SPEC, "guild_id": None, "channel_id": 10}
        return NewJob(requester_id=requester_id, **(fields | changes))

    return make


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "faraday.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


async def _migrate(url: str) -> None:
    engine = open_database(url)
    await migrate(engine)
    await engine.dispose()


@pytest.fixture
async def database(tmp_path: Path, migrated_file: Path) -> AsyncIterator[AsyncEngine]:
    """A migrated SQLite file."""
    shutil.copy(migrated_file, tmp_path / "faraday.db")
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path}/faraday.db")
    yield engine
    await engine.dispose()


@pytest.fixture
def queue(database: AsyncEngine, files: Files) -> Queue:
    return Queue(database, files, max_attempts=3)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away PostgreSQL that listens on a socket file alone; its SQLAlchemy address without a database."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    tools = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    initdb = shutil.which("initdb") or (shutil.which("initdb", path=str(tools)) if tools else None)
    if not initdb:
        pytest.skip("PostgreSQL is not installed")
    home = Path(tempfile.mkdtemp(prefix="faraday-pg-"))
    user = None
    if os.getuid() == 0:  # the server refuses to run as root
        user = "postgres"
        shutil.chown(home, user)
    cluster, binaries = home / "cluster", Path(initdb).resolve().parent
    make: list[str] = [initdb, f"--pgdata={cluster}", "--auth=trust", "--username=faraday", "--no-sync"]
    subprocess.run(make, check=True, user=user, cwd=home, capture_output=True)
    server = subprocess.Popen(
        [binaries / "postgres", "-D", cluster, "-k", home, "-c", "listen_addresses=", "-F"],
        user=user, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    ready = [str(binaries / "pg_isready"), "-q", "-h", str(home)]
    while subprocess.run(ready, check=False).returncode and server.poll() is None:
        pass
    yield f"postgresql+asyncpg://faraday@/{{database}}?host={home}"
    server.terminate()
    server.wait()
    shutil.rmtree(home)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty database of its own."""
    return _create(postgres_server)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """A database with the tables; whoever uses it empties it first."""
    url = _create(postgres_server)
    asyncio.run(_migrate(url))
    return url


def _create(server: str) -> str:
    name = f"faraday_{uuid.uuid4().hex}"
    home = server.partition("?host=")[2]
    subprocess.run(["createdb", "-h", home, "-U", "faraday", name], check=True, capture_output=True)
    return server.format(database=name)
