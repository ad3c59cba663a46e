"""Alembic runs this: on the connection it is handed, else (at the command line) on the configured database."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from alembic import context

import bot.database.moderation_tables
import bot.jobs.usage
import bot.members.ratings  # noqa: F401 - so that the metadata is whole
from bot.config import Config
from bot.database.store import metadata, open_database


def run_migrations(connection: sa.Connection) -> None:
    # SQLite cannot alter a column: batch mode copies the table.
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_configured_database() -> None:
    engine = open_database(Config.load().queue.database)
    async with engine.begin() as connection:
        await connection.run_sync(run_migrations)
    await engine.dispose()


if (given := context.config.attributes.get("connection")) is not None:
    run_migrations(given)
else:
    asyncio.run(run_on_configured_database())
