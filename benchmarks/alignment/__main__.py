"""`python -m benchmarks.alignment`: paint a list of prompts or edits, and let the judge read the pictures."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.alignment.prompts import PromptList
from engine.messages import Precision


def main(
    prompts: Annotated[int, typer.Option(min=2, help="How many pictures, or edits with --edits.")] = 100,
    which: Annotated[
        PromptList, typer.Option("--list", help="dev to choose settings on, test to report.")
    ] = PromptList.TEST,
    edits: Annotated[bool, typer.Option("--edits", help="Change one attribute of real pictures instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")] = False,
    sheet: Annotated[Path | None, typer.Option(help="Write the labelled pictures there (PNG).")] = None,
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
    bundle: Annotated[str, typer.Option(help="Which bundle paints.")] = "starter",
    plain_start: Annotated[bool, typer.Option("--plain-start", help="Start without the learned start.")] = False,
    size: Annotated[int | None, typer.Option(help="Side in pixels; like all below, the bundle's default.")] = None,
    iterations: Annotated[int | None, typer.Option(min=1)] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0)] = None,
    cutouts: Annotated[int | None, typer.Option(min=1)] = None,
    regulariser: Annotated[float | None, typer.Option(min=0, help="Its weight.")] = None,
    candidates: Annotated[int | None, typer.Option(min=1, help="Starts, of which the best is taken.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="fp32, or bf16 as engines may choose.")] = None,
    strength: Annotated[float | None, typer.Option(min=0, max=1, help="Of edits.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Pictures painted at once.")] = 1,
    threads: Annotated[int, typer.Option(min=0, help="Of each process; 0: the cores, shared out.")] = 0,
) -> None:
    """Measure how well the bot paints what it is asked for. No picture is selected: one try each, seed = number."""
    from rich.console import Console

    from benchmarks.alignment.measure import measure
    from benchmarks.judge.judge import JudgeError, load
    from benchmarks.paint import Settings
    from engine.models.weights import WeightsError

    further = {"candidates": candidates, "precision": precision}
    settings = Settings(
        bundle=bundle, weights_dir=weights, size=size, iterations=iterations, learning_rate=learning_rate,
        cutouts=cutouts, regulariser=regulariser, strength=strength, start="mean" if plain_start else None,
        threads=threads or max(1, (os.cpu_count() or 1) // processes),
        more=tuple((name, value) for name, value in further.items() if value is not None),
    )  # fmt: skip
    console = Console(stderr=as_json)
    try:
        figures = measure(
            load(), settings, which, prompts, edits=edits, processes=processes, sheet_path=sheet, console=console
        )
    except (WeightsError, JudgeError, ValueError, OSError) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
