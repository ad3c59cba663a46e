"""Say what all commands of the terminal share: where they write, how they complain, and their exit codes."""

import re
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand

from bot.errors import ConfigError, NoDatabase, UserError, WeightsFailed
from bot.words import prompts

HELP_BY = {"help_option_names": ["--help", "-h"]}  # of every command below
FAILED, BAD_USAGE, INTERRUPTED = 1, 2, 130

stdout = Console(highlight=False, soft_wrap=True)
stderr = Console(stderr=True, highlight=False)

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings; config.toml here if it exists, else the defaults.")
]


class OpenCommand(TyperCommand):
    """A command whose words may be followed by settings. One dash before a setting's name counts as two."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {name.removeprefix("--") for param in self.params for name in param.opts if name.startswith("--")}
        return super().parse_args(ctx, [_two_dashes(arg, own) for arg in args])


def _two_dashes(argument: str, own: Container[str]) -> str:
    found = re.match(r"-([A-Za-z][A-Za-z-]+)(?==|$)", argument)
    return f"-{argument}" if found and (found[1] in own or prompts.is_setting(found[1])) else argument


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
