"""Alembic's revisions make exactly the tables that the code uses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from bot.database.connection import Database
from bot.database.migrating import alembic_config, migrate, revisions


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path}/deep/down/faraday.db"


async def test_upgrade_from_nothing_gives_the_tables_of_the_code(url: str) -> None:
    database = Database(url)
    assert (await revisions(database))[0] is None
    await migrate(database)
    await migrate(database)  # again changes nothing
    at, newest = await revisions(database)
    assert at == newest is not None
    async with database.engine.begin() as connection:  # raises when the code's tables differ
        await connection.run_sync(lambda given: command.check(alembic_config(given)))
    await database.close()


async def test_downgrade_leaves_nothing(url: str) -> None:
    database = Database(url)
    await migrate(database)
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda given: command.downgrade(alembic_config(given), "base"))
        tables = await connection.run_sync(lambda given: sa.inspect(given).get_table_names())
    assert set(tables) == {"alembic_version"} | ({"sqlite_sequence"} & set(tables))
    await database.close()


async def test_contributors_reach_the_configured_database_with_alembics_own_command(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    (tmp_path / "config.toml").write_text(f'[queue]\ndatabase = "sqlite+aiosqlite:///{tmp_path}/faraday.db"\n')
    alembic = [sys.executable, "-m", "alembic", "-c", str(root / "migrations/alembic.ini")]
    for arguments in (["upgrade", "head"], ["check"]):
        done = await asyncio.to_thread(
            subprocess.run, [*alembic, *arguments], cwd=tmp_path, capture_output=True, text=True,
            check=False, env={"PYTHONPATH": str(root), "PATH": ""},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
