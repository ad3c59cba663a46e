"""Alembic runs this file: on the given connection, or at the command line on the configured database."""

import asyncio

import sqlalchemy as sa
from alembic import context

from bot.config import Config
from bot.database.connection import Database
from bot.database.tables import metadata


def run_migrations(connection: sa.Connection) -> None:
    # SQLite cannot alter a column: batch mode copies the table.
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_configured_database() -> None:
    database = Database(Config.load().queue.database)
    async with database.engine.begin() as connection:
        await connection.run_sync(run_migrations)
    await database.close()


if (given := context.config.attributes.get("connection")) is not None:
    run_migrations(given)
else:
    asyncio.run(run_on_configured_database())
