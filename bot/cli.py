"""The command line: serve Discord, paint without it, and look after the installation.

Exit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import cli_paint, cli_weights
from bot.config import Config
from bot.engine_client import EngineDied
from bot.errors import ConfigError, UserError
from bot.operations.orders import MEANINGS, Order
from bot.painting import Interrupted, Painting, PaintingFailed, Task
from bot.prompts import Wish, parse_size

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    help="Faraday paints and edits pictures from words, on Discord or right here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(cli_weights.app, name="weights")
stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The settings; config.toml here if it exists, else the defaults.")
]
Words = Annotated[str, typer.Argument(help="What to paint, as “a red car at night | fog:0.5”.")]
Seed = Annotated[int | None, typer.Option(help="Repeats a picture; drawn if left out.")]
Size = Annotated[str | None, typer.Option(metavar="WxH", help="Pixels, as 256x192; the bundle's own if left out.")]
Iterations = Annotated[int | None, typer.Option(help="How long to paint; the bundle's own if left out.")]
BundleName = Annotated[str | None, typer.Option("--bundle", help="The weights to paint with.")]
Strength = Annotated[float | None, typer.Option(help="From 0, keep the picture, to 1, free of it.")]
Out = Annotated[Path | None, typer.Option(help="Where to write the PNG; named after the prompt if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")]


@contextmanager
def explained() -> Iterator[None]:
    """Errors that address their reader end the program with their message and the exit code of bad usage."""
    try:
        yield
    except (ConfigError, UserError) as error:
        complain(str(error))
        raise typer.Exit(BAD_USAGE) from None


def complain(message: str) -> None:
    stderr.print(message, markup=False, soft_wrap=True)


@app.command()
def run(config: ConfigPath = None) -> None:
    """Connect to Discord and serve until interrupted."""
    from bot.app import run as serve

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
    """Bring the database to the newest revision (run does so too)."""
    with explained():
        typer.echo(f"The database is at revision {_migrate(Config.load(config))}.")


def _migrate(settings: Config) -> str | None:
    from sqlalchemy.exc import SQLAlchemyError

    from bot import store

    async def upgrade() -> str | None:
        engine = store.open_database(settings.queue.database)
        try:
            await store.migrate(engine)
            return (await store.revisions(engine))[0]
        finally:
            await engine.dispose()

    try:
        return asyncio.run(upgrade())
    except (SQLAlchemyError, OSError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error)
        complain(f"The database {store.shown(settings.queue.database)} cannot be used: {reason}")
        raise typer.Exit(FAILED) from None


@app.command()
def doctor(config: ConfigPath = None) -> None:
    """Check the installation, line by line, and say what to mend."""
    from bot.doctor import Finding, examine, show

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
    wait: Annotated[bool, typer.Option("--wait", help="Return once nothing is painted any more.")] = False,
    config: ConfigPath = None,
) -> None:
    """Give an order to the bot that runs on this machine."""
    from bot.cli_admin import give
    from bot.operations.control import NotRunning

    with explained():
        settings = Config.load(config)
        try:
            reply = asyncio.run(give(order, settings, wait=wait))
        except NotRunning as error:
            complain(str(error))
            raise typer.Exit(FAILED) from None
    if not reply.well:
        complain(reply.text)
        raise typer.Exit(FAILED)
    typer.echo(reply.text)


@app.command()
def imagine(
    prompt: Words,
    seed: Seed = None,
    size: Size = None,
    iterations: Iterations = None,
    bundle: BundleName = None,
    init: Annotated[Path | None, typer.Option(help="A picture to start from.")] = None,
    strength: Strength = None,
    out: Out = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Paint a picture from words."""
    wish = Wish(prompt=prompt, seed=seed, iterations=iterations, bundle=bundle, strength=strength)
    _paint(wish, size, init, out, editing=False, as_json=as_json, config=config)


@app.command()
def edit(
    image: Annotated[Path, typer.Argument(help="The picture to edit: PNG, JPEG, WebP or GIF.")],
    prompt: Words,
    seed: Seed = None,
    size: Size = None,
    iterations: Iterations = None,
    bundle: BundleName = None,
    strength: Strength = None,
    out: Out = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Paint over a picture what the words say."""
    wish = Wish(prompt=prompt, seed=seed, iterations=iterations, bundle=bundle, strength=strength)
    _paint(wish, size, image, out, editing=True, as_json=as_json, config=config)


def _paint(
    wish: Wish,
    size: str | None,
    image: Path | None,
    out: Path | None,
    *,
    editing: bool,
    as_json: bool,
    config: Path | None,
) -> None:
    with explained():
        if size is not None:
            wish = replace(wish, size=parse_size(size))
        task = Task(wish=wish, image=image, editing=editing)
        painting, path = _painted(task, out, Config.load(config))
    if as_json:
        typer.echo(cli_paint.as_json(painting, path))
    else:
        typer.echo(f"{painting.recipe}\n{path}")
    if painting.finished.stopped:
        raise typer.Exit(INTERRUPTED)


def _painted(task: Task, out: Path | None, config: Config) -> tuple[Painting, Path]:
    try:
        return cli_paint.paint_to_file(task, out, config, stderr)
    except PaintingFailed as error:
        complain(str(error))
        raise typer.Exit(BAD_USAGE if error.bad_request else FAILED) from None
    except EngineDied as error:
        complain(f"{error}. `python -m bot doctor` looks for the cause.")
        raise typer.Exit(FAILED) from None
    except OSError as error:
        complain(f"The picture could not be written: {error}")
        raise typer.Exit(FAILED) from None
    except Interrupted:
        complain("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None


def main() -> None:
    """The entry point."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
