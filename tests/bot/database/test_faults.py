"""A database that cannot be used is named with what to do about it, on real ones and by every command that needs it."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot.cli.app import app
from bot.config import Config
from bot.database import connection, faults
from bot.database.connection import Database
from bot.errors import NoDatabase
from bot.operations import doctor
from tests.postgres import migrate_at, run_sql

PASSWORD, WRONG = "s3cret-and-right", "s3cret-but-wrong"
COMMANDS = (["migrate"], ["run"], ["privacy", "show", "1"], ["privacy", "erase", "1", "--yes"])

Told = Callable[[str], str]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What every command says of the database at this address: one line, the same by all, and exit code 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FARADAY_TOKEN", "a token")

    def ask(url: str, *commands: list[str]) -> str:
        Path("config.toml").write_text(f"[queue]\ndatabase = '{url}'\n", encoding="utf-8")
        said = set()
        for command in commands or COMMANDS:
            done = CliRunner().invoke(app, command)
            assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.exception
            assert not done.stdout
            said.add(done.stderr)
        (text,) = said
        assert text.count("\n") == 1 and "s3cret" not in text
        return text.strip()

    return ask


async def found_by_the_doctor(url: str) -> tuple[bool, str]:
    config = Config.parse({"queue": {"database": url}}, source="test")
    (finding,) = [finding async for finding in doctor.check_database(config)]
    return finding.well, finding.text


@pytest.fixture
def painter(postgres_server: str, postgres_url: str) -> Iterator[sa.URL]:
    """The address of a database that is not the user's own, with the right password."""
    run_sql(postgres_server, f"CREATE ROLE painter LOGIN PASSWORD '{PASSWORD}'")
    yield sa.make_url(postgres_url).set(username="painter", password=PASSWORD)
    run_sql(postgres_server, "DROP ROLE painter")


def written(address: sa.URL) -> str:
    return address.render_as_string(hide_password=False)


def test_a_wrong_password_and_an_unknown_user(told: Told, painter: sa.URL) -> None:
    refused = "refuses the password of user “painter”. Correct it in [queue] database"
    assert refused in told(written(painter.set(password=WRONG)))
    assert refused in told(written(painter).replace(f":{PASSWORD}@", "@"))
    assert "of user “eve”" in told(written(painter.set(username="eve")))


def test_an_unknown_database(told: Told, painter: sa.URL) -> None:
    text = told(written(painter.set(database="mislaid")))
    assert "has no database “mislaid”. Make it (createdb mislaid), or correct its name in [queue] database." in text


def test_a_database_in_which_the_user_may_make_nothing(told: Told, painter: sa.URL) -> None:
    text = told(written(painter))
    assert "does not let user “painter” do what is needed" in text and "permission denied for schema public" in text
    assert "Make that user its owner" in text


def test_a_server_that_does_not_run(told: Told, tmp_path: Path) -> None:
    login = f"postgresql+asyncpg://faraday:{PASSWORD}"
    text = told(f"{login}@127.0.0.1:9/faraday")
    assert text.startswith("PostgreSQL at 127.0.0.1:9 cannot be reached: ")
    assert text.endswith("Start it, or correct host and port in [queue] database.")
    assert f"PostgreSQL at {tmp_path} cannot be reached" in told(f"{login}@/faraday?host={tmp_path}")
    assert "The host of nowhere.invalid:5432 is not known" in told(f"{login}@nowhere.invalid/faraday")


def test_a_server_that_says_nothing(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        text = told(f"postgresql+asyncpg://faraday:{PASSWORD}@127.0.0.1:{port}/faraday")
    assert f"PostgreSQL at 127.0.0.1:{port} has not answered within 0.2 s." in text


@pytest.mark.parametrize(
    "rest", ["faraday:s3cret@@host/name", "faraday:s3cret@host:port/name", "faraday:s3cret@host:/name", "[::1/name"]
)
def test_an_address_that_cannot_be_read(told: Told, rest: str) -> None:
    assert told(f"postgresql+asyncpg://{rest}") == faults.BROKEN


def test_a_parameter_that_the_driver_does_not_know(told: Told, painter: sa.URL) -> None:
    text = told(written(painter.update_query_dict({"sslmode": "require"})))
    assert text.startswith("[queue] database has the parameter “sslmode”, which asyncpg does not know.")


def test_a_driver_that_is_not_installed(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    assert "pip install asyncpg" in told(f"postgresql+asyncpg://faraday:{PASSWORD}@host/name")


def test_a_file_that_is_no_database_and_a_folder_in_its_place(told: Told, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no database, but long enough to be looked at " * 100, encoding="utf-8")
    assert told(f"sqlite+aiosqlite:///{tmp_path}/words").startswith(f"{tmp_path}/words is not a database")
    (tmp_path / "folder").mkdir()
    assert told(f"sqlite+aiosqlite:///{tmp_path}/folder").startswith(f"{tmp_path}/folder cannot be written.")
    text = told(f"sqlite+aiosqlite:///{tmp_path}/words/faraday.db")
    assert text.startswith(f"The folder of {tmp_path}/words/faraday.db cannot be written: ")


@pytest.fixture
def not_ours() -> Iterator[Path]:
    """A folder in which this user, who is root no longer, may not write."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        yield Path(folder)
        if root:
            os.seteuid(0)


async def test_a_folder_that_cannot_be_written(not_ours: Path) -> None:
    url = f"sqlite+aiosqlite:///{not_ours}/faraday.db"
    with pytest.raises(NoDatabase) as raised:
        await migrate_at(url)
    assert raised.value.detail == (
        f"{not_ours}/faraday.db cannot be written. Make it and its folder writable for this user, "
        "or change [queue] database."
    )
    deeper = f"sqlite+aiosqlite:///{not_ours}/data/faraday.db"
    with pytest.raises(NoDatabase) as raised:
        await migrate_at(deeper)
    advice = "cannot be written: Permission denied. Make it writable for this user, or change [queue] database."
    assert raised.value.detail == f"The folder of {not_ours}/data/faraday.db {advice}"
    assert await found_by_the_doctor(url) == (False, f"The folder of {not_ours}/faraday.db {advice}")
    assert await found_by_the_doctor(deeper) == (False, f"The folder of {not_ours}/data/faraday.db {advice}")


async def test_the_doctor_says_the_same(painter: sa.URL) -> None:
    well, text = await found_by_the_doctor(written(painter.set(password=WRONG)))
    assert not well and "refuses the password of user “painter”" in text and WRONG not in text
    assert await found_by_the_doctor("postgresql+asyncpg://host:port/name") == (False, faults.BROKEN)
    well, text = await found_by_the_doctor(written(painter.set(username="faraday")))
    assert not well and "is at revision None" in text and "Run `python -m bot migrate`." in text


async def test_a_connection_that_breaks_off_in_a_transaction_is_made_anew_for_the_next(postgres_url: str) -> None:
    database = Database(postgres_url)
    ending = sa.text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(NoDatabase) as raised:
        await database.transact(lambda connection: connection.execute(ending))
    assert " broke off: " in raised.value.detail and raised.value.detail.endswith("See whether it runs.")
    assert await database.transact(lambda connection: connection.scalar(sa.text("SELECT 1"))) == 1
    await database.close()


def test_a_database_of_a_newer_version(told: Told, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/faraday.db"
    assert CliRunner().invoke(app, ["migrate", "--config", str(at(url, tmp_path))]).exit_code == 0
    with sa.create_engine(f"sqlite:///{tmp_path}/faraday.db").begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert told(url) == (
        f"{tmp_path}/faraday.db was made by a newer version of this bot. Install that version, or restore a backup."
    )


def at(url: str, folder: Path) -> Path:
    path = folder / "other.toml"
    path.write_text(f"[queue]\ndatabase = '{url}'\n", encoding="utf-8")
    return path


def test_a_password_is_not_shown_wherever_it_stands() -> None:
    for url in ("postgresql+asyncpg://faraday:s3cret@host/name", "postgresql+asyncpg://host/name?password=s3cret"):
        assert "s3cret" not in connection.shown(url) and "host/name" in connection.shown(url)
