"""Connect to the database."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.database import faults
from bot.errors import NoDatabase

T = TypeVar("T")

BUSY_TIMEOUT = 15_000  # milliseconds that one SQLite writer waits for another
CONNECTIONS = 10  # to PostgreSQL


def address_of(url: str) -> sa.URL:
    """Read a database's address. Raises :class:`NoDatabase`, in own words: the parser's may name the password."""
    try:
        address = sa.make_url(url)
    except (SQLAlchemyError, ValueError, TypeError):
        raise NoDatabase(faults.BROKEN) from None
    if "@" in (address.host or ""):  # the rest of a password
        raise NoDatabase(faults.BROKEN)
    return address


class Database:
    """A database at ``sqlite+aiosqlite://…`` or ``postgresql+asyncpg://…``. Makes an SQLite file and its folder.

    Every method raises :class:`NoDatabase` when the database cannot be reached, or when its connection breaks. A
    broken connection leaves open whether the transaction was committed.
    """

    def __init__(self, url: str) -> None:
        """Raises :class:`NoDatabase` for a wrong address, a missing driver, and a file that cannot be made."""
        address = address_of(url)
        sqlite = address.get_backend_name() == "sqlite"
        # SQLAlchemy's pool serves newcomers before those who wait, and refuses them after 30 s. So all wait here, in
        # order. SQLite lets one transaction write at a time: more of them would only sleep and try again.
        self._at_once = 1 if sqlite else CONNECTIONS
        self._turns = asyncio.Semaphore(self._at_once)
        options: dict[str, Any] = {}
        if not sqlite:
            options = {"pool_size": CONNECTIONS, "max_overflow": 0, "pool_pre_ping": True}
            options["connect_args"] = {"timeout": faults.CONNECT_SECONDS}
        try:
            self.engine = create_async_engine(address, **options)
            if sqlite and address.database:
                _open_once(Path(address.database))
        except (ImportError, OSError, sqlite3.Error, SQLAlchemyError) as error:
            raise NoDatabase(faults.explained(address, error)) from error
        if sqlite:
            sa.event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine.sync_engine, "begin", _begin_immediate)

    async def all(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        """Run a statement in a transaction, and return its rows."""
        return await self.transact(lambda connection: _rows(connection, statement))

    async def one(self, statement: sa.Executable) -> sa.Row[Any] | None:
        """Run a statement in a transaction, and return its first row."""
        return next(iter(await self.all(statement)), None)

    async def run(self, *statements: sa.Executable) -> int:
        """Run statements in one transaction, and return how many rows the last one changed."""
        return await self.transact(lambda connection: _changed(connection, statements))

    async def transact(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction. It is finished even when the caller is cancelled.

        A task that is cancelled while it waits for BEGIN would leave a connection behind that still begins, and that
        then locks everyone else out of SQLite.
        """
        await self._turns.acquire()
        task = asyncio.create_task(self._whole(work))
        task.add_done_callback(lambda _: self._turns.release())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    async def _whole(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        began = False
        try:
            async with self.engine.begin() as connection:
                began = True
                return await work(connection)
        except Exception as error:  # SQLAlchemy passes on every class of error that asyncpg raises while it connects
            if began and not faults.broke_off(error):
                raise
            raise NoDatabase(faults.explained(self.engine.url, error)) from error

    async def close(self) -> None:
        """Close the connections after the transactions under way. Later ones wait until they are cancelled.

        A connection that is in use, or that is made afterwards, would stay open.
        """
        for _ in range(self._at_once):
            await self._turns.acquire()
        await self.engine.dispose()


async def _rows(connection: AsyncConnection, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
    return (await connection.execute(statement)).all()


async def _changed(connection: AsyncConnection, statements: Sequence[sa.Executable]) -> int:
    changed = 0
    for statement in statements:
        changed = (await connection.execute(statement)).rowcount
    return changed


def _open_once(file: Path) -> None:
    """Find out early that a file cannot be opened: later, a thread of aiosqlite would log an error of its own."""
    file.parent.mkdir(parents=True, exist_ok=True)
    sqlite3.connect(file).close()


def shown(url: str) -> str:
    """Return the address without its password, for messages. Raises :class:`NoDatabase`."""
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
