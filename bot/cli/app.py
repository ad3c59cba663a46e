"""Serve Discord, paint without it, and look after the installation, from the command line.

Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.
"""

import asyncio
import logging
import sys
from typing import Annotated

import typer

from bot.cli import describe, paint, privacy, runs, weights
from bot.cli.terminal import FAILED, HELP_BY, INTERRUPTED, ConfigPath, complain, explained, stdout
from bot.config import Config
from bot.domain.status import MEANINGS, Order
from bot.errors import ConfigError
from bot.words.recipe import VERSION

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=HELP_BY,
)
app.add_typer(weights.app, name="weights")
app.add_typer(privacy.app, name="privacy")
paint.register(app)
runs.register(app)
app.command("describe")(describe.describe)


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Faraday {VERSION}")
        raise typer.Exit


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_tell_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Faraday paints and edits pictures from words, on Discord or right here."""


@app.command()
def run(config: ConfigPath = None) -> None:
    """Connect to Discord and serve until interrupted."""
    from bot.serve import run as serve

    with explained():
        settings = Config.load(config)
        if not settings.discord.token.get_secret_value():
            raise ConfigError(
                "There is no bot token. Set FARADAY_TOKEN, or write [discord] token in config.toml. "
                "The README says how to get one."
            )
        logging.basicConfig(
            level=settings.log.level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
        )
        _migrate(settings)
        raise typer.Exit(asyncio.run(serve(settings, config)))


@app.command()
def migrate(config: ConfigPath = None) -> None:
    """Bring the database to the newest revision (run does this too)."""
    with explained():
        typer.echo(f"The database is at revision {_migrate(Config.load(config))}.")


def _migrate(settings: Config) -> str | None:
    """Return the revision. Raises :class:`bot.errors.NoDatabase`."""
    from bot.database import migrating
    from bot.database.connection import Database

    async def upgrade() -> str | None:
        database = Database(settings.queue.database)
        try:
            await migrating.migrate(database)
            return (await migrating.revisions(database))[0]
        finally:
            await database.close()

    return asyncio.run(upgrade())


@app.command()
def doctor(config: ConfigPath = None) -> None:
    """Check the installation, and say what to mend."""
    from bot.operations.doctor import Finding, examine, show

    try:
        settings = Config.load(config)
    except ConfigError as error:
        show(Finding(about="config", well=False, text=str(error)), stdout)
        raise typer.Exit(FAILED) from None
    show(Finding(about="config", well=True, text=str(config or "config.toml, or the defaults")), stdout)
    raise typer.Exit(0 if asyncio.run(examine(settings, stdout)) else FAILED)


@app.command()
def admin(
    order: Annotated[Order, typer.Argument(help="; ".join(f"{order}: {MEANINGS[order]}" for order in Order))],
    user: Annotated[str, typer.Argument(help="The id of whom to block or unblock.", show_default=False)] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Return once nothing is painted any more.")] = False,
    config: ConfigPath = None,
) -> None:
    """Give an order to the bot that runs on this machine."""
    from bot.operations.control import NotRunning, give

    with explained():
        settings = Config.load(config)
        try:
            reply = asyncio.run(give(order, settings, wait=wait, user=user))
        except NotRunning as error:
            complain(str(error))
            raise typer.Exit(FAILED) from None
    if not reply.well:
        complain(reply.text)
        raise typer.Exit(FAILED)
    typer.echo(reply.text)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
