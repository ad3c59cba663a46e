"""Declare the options that several commands share, and report their errors in one way."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from engine.models.weights import WeightsError
from training.pictures.pages import EVALUATION_SEED


class PromptList(StrEnum):
    """Choose settings on dev and report figures on test; no look is in both."""

    DEV = "dev"
    TEST = "test"

    @property
    def seed(self) -> int:
        """Return the seed of the list's first picture and of its drawing."""
        return EVALUATION_SEED + (1_000_000 if self is PromptList.DEV else 2_000_000)


Which = Annotated[PromptList, typer.Option("--list", help="dev to choose settings on, test to report figures.")]
AsJson = Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")]
Weights = Annotated[Path, typer.Option(help="The folder of the bundles.")]
Bundle = Annotated[str, typer.Option(help="The bundle to measure.")]
Side = Annotated[int | None, typer.Option("--size", help="Side in pixels; the bundle's default if left out.")]
Iterations = Annotated[int | None, typer.Option(min=1, help="The bundle's default if left out.")]
Strength = Annotated[float | None, typer.Option(min=0, max=1, help="Strength of edits; the bundle's if left out.")]
Processes = Annotated[int, typer.Option(min=1, help="Pictures painted at once.")]
WEIGHTS, STARTER = Path("weights"), "starter"


@contextlib.contextmanager
def command(as_json: bool, *further: type[BaseException]) -> Iterator[Console]:
    """Yield the console, and end the command with one sentence on an error that the caller can mend.

    With ``as_json`` the console writes to stderr. ``further`` are errors to report beside the usual ones.
    """
    console = Console(stderr=as_json)
    errors: tuple[type[BaseException], ...] = (WeightsError, ValueError, OSError, *further)
    try:
        yield console
    except errors as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def write_json(as_json: bool, figures: Mapping[str, Any]) -> None:
    """Write the figures as the last line if ``--json`` asks for it."""
    if as_json:
        typer.echo(json.dumps(figures))


def given(**values: object) -> tuple[tuple[str, object], ...]:
    """Return the named settings that are not None, for :attr:`benchmarks.paint.PaintSettings.more`."""
    return tuple((name, value) for name, value in values.items() if value is not None)
