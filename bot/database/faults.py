"""Explain what is wrong with a database: what failed, and which setting to change. No text shows a password."""

import getpass
import re
import socket
import sqlite3

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

CONNECT_SECONDS = 10.0  # until PostgreSQL must have accepted a connection

_SETTING = "[queue] database"
BROKEN = (
    f"{_SETTING} is no address that can be read. Write sqlite+aiosqlite:///data/faraday.db or "
    "postgresql+asyncpg://user:password@host:5432/name, in the password %40 for @ and %25 for %."
)
# By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES = {
    "28P01": "{server} refuses the password of user “{user}”. Correct it in {setting}: there @ is %40 and % is %25.",
    "28000": "{server} does not let user “{user}” in: {reason}. Correct the user in {setting}, or allow it there.",
    "3D000": "{server} has no database “{database}”. Make it (createdb {database}), or correct its name in {setting}.",
    "42501": "{server} does not let user “{user}” do what is needed in database “{database}”: {reason}. Make that user "
    "its owner, or name another in {setting}.",
    "53300": "{server} has no connection left. Close others, or raise its max_connections.",
}
_COMING_OR_GOING = ("57P01", "57P02", "57P03")
_BROKEN_OFF = (*_COMING_OR_GOING, "08000", "08001", "08003", "08004", "08006")


def explained(address: sa.URL, error: BaseException) -> str:
    """Explain an error of a driver, of SQLAlchemy or of Alembic."""
    original = getattr(error, "orig", None) or error
    if "Can't locate revision" in str(original):
        return f"{_name(address)} was made by a newer version of this bot. Install that version, or restore a backup."
    found = _of_sqlite(address, original) if _is_sqlite(address) else _of_postgresql(address, original)
    if not found and broke_off(error):
        return f"{_name(address)} broke off: {_reason(original)}. See whether it runs."
    return found or f"{_name(address)} cannot be used: {_reason(original)}. Mend it, or change {_SETTING}."


def broke_off(error: BaseException) -> bool:
    """Return whether the connection was lost in the middle of a transaction."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return getattr(getattr(error, "orig", None) or error, "sqlstate", None) in _BROKEN_OFF


def _is_sqlite(address: sa.URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _name(address: sa.URL) -> str:
    return str(address.database) if _is_sqlite(address) else f"The database “{address.database}” at {_where(address)}"


def _where(address: sa.URL) -> str:
    host = address.host or str(address.query.get("host", "localhost"))
    return host if host.startswith("/") else f"{host}:{address.port or 5432}"


def _reason(error: BaseException) -> str:
    """Return the first line of an error, without the class that SQLAlchemy puts before it."""
    if isinstance(error, OSError) and error.strerror and error.errno and error.errno > 0:
        return error.strerror
    lines = str(error).splitlines() or [type(error).__name__]
    return re.sub(r"^<class '[^']+'>: ", "", lines[0]).rstrip(".")


def _of_sqlite(address: sa.URL, error: BaseException) -> str:
    file, reason = address.database, _reason(error)
    if isinstance(error, OSError):
        return (
            f"The folder of {file} cannot be written: {reason}. Make it writable for this user, or change {_SETTING}."
        )
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # the rest says more than is needed
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{file} cannot be written. Make it and its folder writable for this user, or change {_SETTING}."
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"{file} is not a database, or a damaged one. Restore a backup, or change {_SETTING}."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{file} is locked by another program that does not let go of it. End that one."
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            return f"{file} cannot be written: {reason}. Make room on its disk, or see whether it fails."
    return ""


def _of_postgresql(address: sa.URL, error: BaseException) -> str:
    server, state = f"PostgreSQL at {_where(address)}", getattr(error, "sqlstate", None)
    known = {"server": server, "setting": _SETTING, "reason": _reason(error)}
    known |= {"user": address.username or getpass.getuser(), "database": address.database or ""}
    match error:
        case ImportError():
            return (
                f"PostgreSQL needs the package asyncpg: pip install asyncpg. Or write an SQLite file into {_SETTING}."
            )
        case TypeError() if unknown := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
            return (
                f"{_SETTING} has the parameter “{unknown[1]}”, which asyncpg does not know. Remove it, or write ssl=…"
            )
        case socket.gaierror():
            return f"The host of {_where(address)} is not known: {known['reason']}. Correct it in {_SETTING}."
        case TimeoutError():
            return (
                f"{server} has not answered within {CONNECT_SECONDS:g} s. See to it, or correct the host in {_SETTING}."
            )
        case OSError():
            return f"{server} cannot be reached: {known['reason']}. Start it, or correct host and port in {_SETTING}."
    if state in _COMING_OR_GOING:
        return f"{server} is just starting or stopping. Try again in a moment."
    return _STATES[state].format(**known) if state in _STATES else ""
