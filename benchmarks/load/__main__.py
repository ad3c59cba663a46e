"""`python -m benchmarks.load`: many members at once, with a stand-in engine of fixed speed."""

import asyncio
import json
import os
from typing import Annotated

import typer


def main(
    members: Annotated[int, typer.Option(min=1, help="All of them ask at once.")] = 200,
    jobs: Annotated[int, typer.Option(min=1, help="Pictures in all.")] = 2000,
    seconds: Annotated[float, typer.Option(min=0.001, help="Of the engine for one iteration.")] = 0.025,
    iterations: Annotated[
        int, typer.Option(min=1, help="Of the shortest pictures; the longest have three times as many.")
    ] = 8,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")] = False,
) -> None:
    """Measure what the bot holds, on a local Discord with Discord's rate limits; ends with 1 if it did not hold."""
    from rich.console import Console

    from benchmarks.load.measure import Load, measure
    from benchmarks.load.report import held, progress, table

    console = Console(stderr=as_json)
    options = Load(members=members, jobs=jobs - jobs % members, seconds=seconds, iterations=iterations)
    try:
        with progress(console, options.jobs) as told:
            figures = asyncio.run(measure(options, told))
    except TimeoutError:
        console.print(f"[red]Not all pictures came within {options.patience:g} s.[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    console.print(table(figures))
    if as_json:
        typer.echo(json.dumps({**figures.as_dict(), "cores": os.cpu_count()}))
    if not held(figures):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
