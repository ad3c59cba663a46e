"""What all commands of the terminal share: where they write, how they complain, and their exit codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.errors import ConfigError, NoDatabase, UserError, WeightsFailed

FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

stdout = Console(highlight=False, soft_wrap=True)
stderr = Console(stderr=True, highlight=False)

ConfigPath = Annotated[
    Path | None, typer.Option("--config", help="The settings; config.toml here if it exists, else the defaults.")
]


@contextmanager
def explained() -> Iterator[None]:
    """End the program with the message of an error that addresses its reader.

    The exit code tells a failure, such as a database or weights that cannot be used, from bad usage.
    """
    try:
        yield
    except NoDatabase as error:
        message, code = error.detail, FAILED
    except WeightsFailed as error:
        message, code = str(error), FAILED
    except (ConfigError, UserError) as error:
        message, code = str(error), BAD_USAGE
    except OSError as error:
        message, code = f"{error.filename or 'A file'} cannot be used: {error.strerror or error}", FAILED
    else:
        return
    complain(message)
    raise typer.Exit(code)


def complain(message: str) -> None:
    """Print a sentence on stderr."""
    stderr.print(message, markup=False, soft_wrap=True)
