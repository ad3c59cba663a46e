"""The database: its tables, and an engine that is safe under crashes and concurrent claims."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib.resources
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.database import faults
from bot.domain.job import Cell, Job, Kind, Removed, State
from bot.errors import NoDatabase
from engine.messages import Spec

T = TypeVar("T")

BUSY_TIMEOUT = 15_000  # milliseconds that one SQLite writer waits for another
CONNECTIONS = 10  # to PostgreSQL
_TURNS, _AT_ONCE = "turns", "at_once"  # options of an engine: the line of who waits for a connection, and its width

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMES)


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC time; SQLite stores no zone, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _words(enum: type[StrEnum]) -> sa.Enum:
    """Stored as its value, in plain text: a new member then needs no migration."""
    return sa.Enum(enum, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


# Ids are never reused (AUTOINCREMENT): buttons in old messages and files on disk carry them.
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("state", _words(State), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    sa.Column("kind", _words(Kind), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("requester_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("source_message_id", sa.BigInteger),
    sa.Column("parent_id", _Id, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
    sa.Column("parent_message_id", sa.BigInteger),
    sa.Column("parent_channel_id", sa.BigInteger),
    sa.Column("input_hash", sa.String(64)),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("thread_id", sa.BigInteger),
    sa.Column("card_message_id", sa.BigInteger),
    sa.Column("final_message_id", sa.BigInteger),
    sa.Column("iteration", sa.Integer, nullable=False, server_default="0"),
    sa.Column("loss", sa.Float),
    sa.Column("seconds", sa.Float),
    sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("started_at", UTCDateTime),
    sa.Column("finished_at", UTCDateTime),
    sa.Column("removed", _words(Removed)),
    # For fair order: expected engine-seconds, the requester's share, and how many may run at once (0: any number).
    sa.Column("cost", sa.Float, nullable=False, server_default="1"),
    sa.Column("weight", sa.Float, nullable=False, server_default="1"),
    sa.Column("large", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("guild_max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("style_id", _Id),  # no foreign key: a style may go, its pictures stay
    sa.Column("recipe", sa.Text),  # as posted under the picture
    sa.Column("mask_hash", sa.String(64)),
    sa.Column("image_prompt_hashes", sa.JSON),
    sa.Column("cell", sa.JSON),  # of a grid
    sa.Column("grid_id", _Id),
    sa.Column("sheet_message_id", sa.BigInteger),
    sa.Column("unsafe", sa.Float),
    sa.Column("film_unsafe", sa.Float),
    # Not part of a Job: the number of the claim, for fair order, and whether the requester knows how it ended.
    sa.Column("claim_number", sa.BigInteger),
    sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "state", "announced"),
    sa.Index(None, "requester_id", "claim_number"),
    sa.Index(None, "claim_number"),
    sa.Index(None, "started_at"),
    sa.Index(None, "guild_id", "created_at"),
    sa.Index(None, "style_id"),
    sa.Index(None, "channel_id"),
    sa.Index(None, "thread_id"),
    sa.Index(None, "card_message_id"),
    sa.Index(None, "final_message_id"),
    sa.Index(None, "grid_id"),
    sqlite_autoincrement=True,
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("scope", sa.String(16), primary_key=True),
    sa.Column("scope_id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

styles = sa.Table(
    "styles",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("owner_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),  # with whose members it is shared
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
    sa.Index(None, "guild_id", "name"),
    sqlite_autoincrement=True,
)

_JOB_FIELDS = frozenset(field.name for field in dataclasses.fields(Job))


def job_from_row(row: sa.Row[Any]) -> Job:
    """The job in a row with all columns of ``jobs``."""
    columns = {name: value for name, value in row._mapping.items() if name in _JOB_FIELDS}
    columns |= {"spec": Spec.from_json(columns["spec"]), "notes": tuple(columns["notes"])}
    columns["image_prompt_hashes"] = tuple(columns["image_prompt_hashes"] or ())
    columns["cell"] = Cell(**columns["cell"]) if columns["cell"] else None
    return Job(**columns)


def address_of(url: str) -> sa.URL:
    """Raises :class:`NoDatabase` when it cannot be read; the parser's own words may have the password in them."""
    try:
        address = sa.make_url(url)
    except (SQLAlchemyError, ValueError, TypeError):
        raise NoDatabase(faults.BROKEN) from None
    if "@" in (address.host or ""):  # the rest of a password
        raise NoDatabase(faults.BROKEN)
    return address


def open_database(url: str) -> AsyncEngine:
    """An engine for ``sqlite+aiosqlite`` or ``postgresql+asyncpg``; makes an SQLite file and its folder.

    Raises :class:`NoDatabase` for an address that cannot be read, a driver that is not there, and a file that cannot be
    made.
    """
    address = address_of(url)
    sqlite = address.get_backend_name() == "sqlite"
    # Whoever asks a pool for a connection overtakes those who wait for one; after 30 s these are refused. So all wait
    # in line before it. SQLite lets one write at a time: more would only sleep and try again.
    at_once = 1 if sqlite else CONNECTIONS
    options: dict[str, Any] = {"execution_options": {_TURNS: asyncio.Semaphore(at_once), _AT_ONCE: at_once}}
    if not sqlite:
        options |= {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_pre_ping": True}
        options["connect_args"] = {"timeout": faults.CONNECT_SECONDS}
    try:
        engine = create_async_engine(address, **options)
        if sqlite and address.database:
            _open_once(Path(address.database))
    except (ImportError, OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise NoDatabase(faults.explained(address, error)) from error
    if sqlite:
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        sa.event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _open_once(file: Path) -> None:
    """A file that cannot be opened is noticed here: a thread of aiosqlite would complain beside the error."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(file).close()


async def transact(engine: AsyncEngine, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Run ``work`` in one transaction, to its end even if the caller is cancelled meanwhile.

    A task cancelled while it waits for BEGIN would leave behind a connection that still begins, and then keeps
    everyone else locked out of SQLite.

    Raises :class:`NoDatabase` where it cannot begin, and where the connection breaks off, which leaves open whether
    the transaction was still committed.
    """

    async def whole() -> T:
        began = False
        try:
            async with engine.begin() as connection:
                began = True
                return await work(connection)
        except Exception as error:  # SQLAlchemy hands on what asyncpg raises while it connects, of whatever class
            if began and not faults.broke_off(error):
                raise
            raise NoDatabase(faults.explained(engine.url, error)) from error

    turns = engine.sync_engine.get_execution_options()[_TURNS]
    await turns.acquire()
    task = asyncio.create_task(whole())
    task.add_done_callback(lambda _: turns.release())
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def close_database(engine: AsyncEngine) -> None:
    """Close it when the transactions under way have ended; whoever comes later waits until cancelled.

    A connection that is in use, or made afterwards, would stay open.
    """
    options = engine.sync_engine.get_execution_options()
    for _ in range(options[_AT_ONCE]):
        await options[_TURNS].acquire()
    await engine.dispose()


def shown(url: str) -> str:
    """The address without its password, fit for messages. Raises as :func:`address_of`."""
    return address_of(url).difference_update_query(["password"]).render_as_string(hide_password=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver then leaves BEGIN to _begin_immediate
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # a job that was confirmed survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
    except Exception:
        connection.close()  # SQLAlchemy would not wait for its thread, which then speaks to a loop that is closed
        raise


def _begin_immediate(connection: sa.Connection) -> None:
    # A transaction that first reads and then writes could fail as busy in its middle; this one waits at its start.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def alembic_config(connection: sa.Connection | None = None) -> AlembicConfig:
    """Alembic on the shipped revisions; ``migrations/env.py`` uses the given connection."""
    config = AlembicConfig(attributes={"connection": connection})
    config.set_main_option("script_location", str(importlib.resources.files("migrations")).replace("%", "%%"))
    return config


@contextlib.contextmanager
def _explained(engine: AsyncEngine) -> Iterator[None]:
    """Also what is wrong with its tables is said to whoever runs the bot."""
    try:
        yield
    except (SQLAlchemyError, CommandError) as error:
        raise NoDatabase(faults.explained(engine.url, error)) from error


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database to the newest revision, all or nothing. Raises :class:`NoDatabase`."""

    def upgrade(connection: sa.Connection) -> None:
        command.upgrade(alembic_config(connection), "head")

    with _explained(engine):
        await transact(engine, lambda connection: connection.run_sync(upgrade))


async def revisions(engine: AsyncEngine) -> tuple[str | None, str | None]:
    """The database's revision (None: no tables yet) and the newest one. Raises :class:`NoDatabase`."""

    def current(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    with _explained(engine):
        at = await transact(engine, lambda connection: connection.run_sync(current))
    return at, ScriptDirectory.from_config(alembic_config()).get_current_head()
