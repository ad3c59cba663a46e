"""Show, hand out and erase what is kept of a member: ``python -m bot privacy``, for those who run the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli.terminal import FAILED, ConfigPath, complain, explained
from bot.config import Config
from bot.texts.numbers import counted

if TYPE_CHECKING:
    from bot.members.privacy import MemberData

T = TypeVar("T")

app = typer.Typer(help="What is kept of a member: see it, hand it out, erase it.", no_args_is_help=True)

User = Annotated[int, typer.Argument(min=1, help="The Discord id of the member.")]


@app.command()
def show(user_id: User, config: ConfigPath = None) -> None:
    """Say how much is kept of the member, and for how long."""
    from bot.texts.privacy import kept

    settings = _settings(config)
    typer.echo(kept(settings.storage, _asked(settings, lambda privacy: privacy.collect(user_id))))


@app.command()
def export(
    user_id: User,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where to write the zip; kept-USER_ID.zip if left out.")
    ] = None,
    config: ConfigPath = None,
) -> None:
    """Write a zip with all that is kept of the member."""
    from bot.jobs.files import Files
    from bot.members import takeout

    settings = _settings(config)
    path = out or Path(f"kept-{user_id}.zip")
    ((page,), _) = takeout.pack(
        _asked(settings, lambda privacy: privacy.collect(user_id)), Files(Path(settings.queue.files))
    )
    try:
        page.write(path)
    except OSError as error:
        complain(f"{path} cannot be written: {error}")
        raise typer.Exit(FAILED) from None
    typer.echo(str(path))


@app.command()
def erase(
    user_id: User,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigPath = None,
) -> None:
    """Erase all that the member left; the bot deletes messages and files within ten minutes, or at its next start."""
    settings = _settings(config)
    if not yes:
        typer.confirm(f"Erase all that is kept of member {user_id}?", abort=True)
    marked = _asked(settings, lambda privacy: privacy.forget(user_id))
    pictures = counted(marked, "picture", "pictures")
    typer.echo(f"Settings, styles, ratings and reports are erased. For the bot to delete: {pictures}.")


def _settings(path: Path | None) -> Config:
    with explained():
        return Config.load(path)


def _asked(settings: Config, question: Callable[[MemberData], Awaitable[T]]) -> T:
    from bot.database.connection import Database
    from bot.database.migrating import migrate
    from bot.members.privacy import MemberData

    async def ask() -> T:
        database = Database(settings.queue.database)
        try:
            await migrate(database)
            return await question(MemberData(database))
        finally:
            await database.close()

    with explained():
        return asyncio.run(ask())
