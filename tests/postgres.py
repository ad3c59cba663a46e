"""A throw-away PostgreSQL from the binaries of this machine; without them its tests are skipped and say why."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.database.connection import Database
from bot.database.migrating import migrate

_PACKAGED = "/usr/lib/postgresql"
_OTHERS = ("postgres", "nobody")  # as whom the server may run, which refuses to as root


_ACCESS = "local all faraday trust\nlocal all all scram-sha-256\n"


class Cluster:
    """A server that listens on a socket file alone. ``faraday`` owns it; any other user needs a password."""

    def __init__(self) -> None:
        self._binaries = _binaries()
        self._user = _other_user() if os.getuid() == 0 else None
        self._server: subprocess.Popen[bytes] | None = None
        self.home = Path(tempfile.mkdtemp(prefix="faraday-pg-"))
        if self._user is not None:
            shutil.chown(self.home, self._user)
        make: list[str | Path] = [
            self._binaries / "initdb",
            f"--pgdata={self.home / 'cluster'}",
            "--auth=trust",
            "--username=faraday",
            "--no-sync",
        ]
        subprocess.run(make, check=True, user=self._user, cwd=self.home, capture_output=True)
        (self.home / "cluster" / "pg_hba.conf").write_text(_ACCESS, encoding="utf-8")

    @property
    def address(self) -> str:
        """For SQLAlchemy, with ``{database}`` to be filled in."""
        return f"postgresql+asyncpg://faraday@/{{database}}?host={self.home}"

    def start(self) -> None:
        """Return once it takes connections."""
        home, cluster = self.home, self.home / "cluster"
        self._server = server = subprocess.Popen(
            [self._binaries / "postgres", "-D", cluster, "-k", home, "-c", "listen_addresses=", "-F"],
            user=self._user, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.home)]
        while subprocess.run(ready, check=False).returncode and server.poll() is None:
            pass

    def stop(self) -> None:
        """Without waiting for those who are connected."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait()
            self._server = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of one for all tests, with ``{database}`` to be filled in."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    cluster = Cluster()
    cluster.start()
    yield cluster.address
    cluster.remove()


@pytest.fixture
def postgres_cluster() -> Iterator[Cluster]:
    """One of its own, which runs and may be stopped."""
    pytest.importorskip("asyncpg", reason="asyncpg is not installed")
    cluster = Cluster()
    cluster.start()
    yield cluster
    cluster.remove()


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


def run_sql(server: str, statement: str) -> None:
    """As the owner of that server."""
    home = server.partition("?host=")[2]
    psql = [str(_binaries() / "psql"), "-q", "-h", home, "-U", "faraday", "-d", "postgres", "-c", statement]
    subprocess.run(psql, check=True, capture_output=True)


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
    database = Database(url)
    await migrate(database)
    await database.close()
