"""`python -m benchmarks.replacement`: replace a thing in real pictures by words, and let the judge read the results."""

import json
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.alignment.prompts import PromptList
from benchmarks.alignment.scenes import Naming


def main(
    scenes: Annotated[int, typer.Option(min=2, help="How many scenes.")] = 30,
    which: Annotated[
        PromptList, typer.Option("--list", help="dev to choose settings on, test to report.")
    ] = PromptList.TEST,
    naming: Annotated[Naming, typer.Option(help="Name the thing as “a red car” or as “car”.")] = Naming.COLOURED,
    known_prompt: Annotated[
        bool, typer.Option("--known-prompt", help="The prompt says all that the picture shows afterwards.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")] = False,
    sheet: Annotated[Path | None, typer.Option(help="Write before, found mask and after there (PNG).")] = None,
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
    bundle: Annotated[str, typer.Option(help="Which bundle paints.")] = "starter",
    size: Annotated[int | None, typer.Option(help="Side in pixels; like all below, the bundle's default.")] = None,
    iterations: Annotated[int | None, typer.Option(min=1)] = None,
    strength: Annotated[float | None, typer.Option(min=0, max=1)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Deviations below the mean distance; the paper's is 2.")
    ] = None,
    structure: Annotated[float | None, typer.Option(min=0, help="Weight of the distance to the input.")] = None,
    feather: Annotated[int | None, typer.Option(min=0, help="Of the seam, in pixels.")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Scenes painted at once.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="Of each process.")] = 1,
) -> None:
    """Measure how often the named thing becomes another, where the mask lies and what moves outside. One try each."""
    from rich.console import Console

    from benchmarks.alignment.sheet import sheet as labelled
    from benchmarks.judge.judge import JudgeError, load
    from benchmarks.paint import Settings
    from benchmarks.replacement.measure import measure
    from engine.models.weights import WeightsError

    console = Console(stderr=as_json)
    spec = {"region_threshold": threshold, "structure": structure, "feather": feather}
    settings = Settings(
        bundle=bundle, weights_dir=weights, size=size, iterations=iterations, strength=strength, threads=threads,
        more=tuple((name, value) for name, value in spec.items() if value is not None),
    )  # fmt: skip
    try:
        figures, asked, results, right = measure(
            load(), settings, which, scenes, naming, known_prompt, processes, console
        )
        if sheet is not None:
            rows = [[result.before, result.mask.convert("RGB"), result.after] for result in results]
            labelled(rows, [f"{scene.source} to {scene.target}" for scene in asked], right).save(sheet)
    except (WeightsError, JudgeError, ValueError, OSError) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps({**figures, "list": which.value, "naming": naming.value, "known_prompt": known_prompt}))


if __name__ == "__main__":
    typer.run(main)
