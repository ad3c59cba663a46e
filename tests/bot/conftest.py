"""Real databases on disk, and jobs to put into them."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from bot.database.connection import Database
from bot.database.tables import metadata
from bot.domain.job import Kind, NewJob
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from engine.messages import Spec
from tests.postgres import migrate_at

SPEC = Spec(prompt="a red car at night", bundle="starter", width=32, height=32, iterations=20, seed=7)


ON_BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
"""For tests of what must hold on SQLite and on PostgreSQL; they use ``database``, or a fixture that does."""


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
    asyncio.run(migrate_at(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> str:
    """The address of a database with the tables: SQLite, or under :data:`ON_BOTH` each of the two."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("migrated_postgres"))
    shutil.copy(migrated_file, tmp_path / "faraday.db")
    return f"sqlite+aiosqlite:///{tmp_path}/faraday.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """With the tables, and nothing in them."""
    database = Database(url)
    if database.engine.dialect.name == "postgresql":
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        async with database.engine.begin() as connection:
            await connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY"))
    yield database
    await database.engine.dispose()


@pytest.fixture
def queue(database: Database, files: Files) -> Queue:
    return Queue(database, files, max_attempts=3)
