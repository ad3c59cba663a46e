"""Bring the database's tables to the newest revision, by Alembic."""

import contextlib
import importlib.resources
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.database import faults
from bot.database.connection import Database
from bot.errors import NoDatabase


def alembic_config(connection: sa.Connection | None = None) -> AlembicConfig:
    """Return Alembic's configuration on the shipped revisions; ``migrations/env.py`` uses the given connection."""
    config = AlembicConfig(attributes={"connection": connection})
    config.set_main_option("script_location", str(importlib.resources.files("migrations")).replace("%", "%%"))
    return config


@contextlib.contextmanager
def _explained(database: Database) -> Iterator[None]:
    """Raise what SQLAlchemy and Alembic raise as :class:`NoDatabase`."""
    try:
        yield
    except (SQLAlchemyError, CommandError) as error:
        raise NoDatabase(faults.explained(database.engine.url, error)) from error


async def migrate(database: Database) -> None:
    """Bring the database to the newest revision, all or nothing. Raises :class:`NoDatabase`."""

    def upgrade(connection: sa.Connection) -> None:
        command.upgrade(alembic_config(connection), "head")

    with _explained(database):
        await database.transact(lambda connection: connection.run_sync(upgrade))


async def revisions(database: Database) -> tuple[str | None, str | None]:
    """Return the database's revision (None: no tables yet) and the newest one. Raises :class:`NoDatabase`."""

    def current(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    with _explained(database):
        at = await database.transact(lambda connection: connection.run_sync(current))
    return at, ScriptDirectory.from_config(alembic_config()).get_current_head()
