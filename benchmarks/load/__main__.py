"""`python -m benchmarks.load`: many members at once, with a stand-in engine of fixed speed."""

import asyncio
import os
from typing import Annotated

import typer

from benchmarks.load.measure import Load, measure
from benchmarks.load.report import held, progress, table
from benchmarks.options import AsJson, command, write_json


def main(
    members: Annotated[int, typer.Option(min=1, help="Members, who all ask at once.")] = 200,
    jobs: Annotated[int, typer.Option(min=1, help="Pictures in all.")] = 2000,
    seconds: Annotated[float, typer.Option(min=0.001, help="Seconds of the engine for one iteration.")] = 0.025,
    iterations: Annotated[
        int, typer.Option(min=1, help="Iterations of the shortest pictures; the longest have three times as many.")
    ] = 8,
    as_json: AsJson = False,
) -> None:
    """Measure what the bot holds, on a local Discord with Discord's rate limits; ends with 1 if it did not hold."""
    load = Load(members=members, jobs=jobs - jobs % members, seconds=seconds, iterations=iterations)
    with command(as_json) as console:
        try:
            with progress(console, load.jobs) as told:
                figures = asyncio.run(measure(load, told))
        except TimeoutError:
            raise TimeoutError(f"Not all pictures came within {load.patience:g} s.") from None
    console.print(table(figures))
    write_json(as_json, {**figures.as_dict(), "cores": os.cpu_count()})
    if not held(figures):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
