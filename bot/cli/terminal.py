"""What the commands of the terminal share: where they write, how they complain, and their exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.errors import ConfigError, NoDatabase, UserError

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)

ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The settings; config.toml here if it exists, else the defaults.")
]


@contextmanager
def explained() -> Iterator[None]:
    """Errors that address their reader end the program with their message and the exit code of bad usage; a database
    that cannot be used is a failure.
    """
    try:
        yield
    except NoDatabase as error:
        complain(error.detail)
        raise typer.Exit(FAILED) from None
    except (ConfigError, UserError) as error:
        complain(str(error))
        raise typer.Exit(BAD_USAGE) from None


def complain(message: str) -> None:
    """A sentence on stderr."""
    stderr.print(message, markup=False, soft_wrap=True)
