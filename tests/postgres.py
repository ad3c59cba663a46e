"""A throw-away PostgreSQL from the binaries of this machine; without them its tests are skipped and say why."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.store import migrate, open_database

_PACKAGED = "/usr/lib/postgresql"
_OTHERS = ("postgres", "nobody")  # as whom the server may run, which refuses to as root


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Listens on a socket file alone; its SQLAlchemy address with ``{database}`` to be filled in."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    binaries = _binaries()
    user = _other_user() if os.getuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="faraday-pg-"))
    if user is not None:
        shutil.chown(home, user)
    cluster = home / "cluster"
    make: list[str | Path] = [
        binaries / "initdb",
        f"--pgdata={cluster}",
        "--auth=trust",
        "--username=faraday",
        "--no-sync",
    ]
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


def _binaries() -> Path:
    packaged = sorted(Path(_PACKAGED).glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    initdb = shutil.which("initdb", path=os.pathsep.join([*map(str, packaged), os.environ.get("PATH", "")]))
    if not initdb:
        pytest.skip("PostgreSQL is not installed")
    return Path(initdb).resolve().parent


def _other_user() -> str:
    for name in _OTHERS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")


def create_database(server: str) -> str:
    """An empty database on that server; its address."""
    name = f"faraday_{uuid.uuid4().hex}"
    home = server.partition("?host=")[2]
    subprocess.run([_binaries() / "createdb", "-h", home, "-U", "faraday", name], check=True, capture_output=True)
    return server.format(database=name)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty database of its own."""
    return create_database(postgres_server)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """A database with the tables; whoever uses it empties it first."""
    url = create_database(postgres_server)
    asyncio.run(migrate_at(url))
    return url


async def migrate_at(url: str) -> None:
    """Bring the database at that address to the newest revision."""
    engine = open_database(url)
    await migrate(engine)
    await engine.dispose()
