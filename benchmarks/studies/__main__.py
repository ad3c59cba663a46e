"""`python -m benchmarks.studies`: repeat what the paper shows in pictures alone, and let the judge read the results."""

import json
from pathlib import Path
from typing import Annotated

import typer

NAMES = "regularisation, augmentations, addition, masks, strength, defaults, sooner, sooner-random"


def main(
    studies: Annotated[str, typer.Option(help=f"Which, with commas between: {NAMES}.")] = "all",
    prompts: Annotated[int, typer.Option(min=2, help="Of each cell; the study of the defaults has half as many.")] = 48,
    size: Annotated[int, typer.Option(help="Side in pixels.")] = 64,
    iterations: Annotated[int, typer.Option(min=1, help="Of each picture.")] = 16,
    cutouts: Annotated[int, typer.Option(min=1, help="Of each iteration; the study of the defaults has its own.")] = 4,
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    store: Annotated[Path, typer.Option(help="Where painted pictures are kept.")] = Path("studies-runs"),
    sheets: Annotated[Path | None, typer.Option(help="Write a sheet of pictures of each study to this folder.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables as Markdown there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")] = False,
    estimate: Annotated[bool, typer.Option("--estimate", help="Say how long it would take, and leave.")] = False,
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
    bundle: Annotated[str, typer.Option(help="Which bundle paints.")] = "starter",
) -> None:
    """Repeat the paper's comparisons. Pictures are kept: what was painted already is not painted again."""
    from rich.console import Console

    from benchmarks.judge.judge import JudgeError
    from benchmarks.paint import Settings
    from benchmarks.studies.measure import Bench, measure
    from benchmarks.studies.study import with_more
    from engine.models.weights import WeightsError

    console = Console(stderr=as_json)
    usual = Settings(bundle=bundle, weights_dir=weights, size=size, iterations=iterations, cutouts=cutouts)
    base = with_more(
        usual, candidates=1
    )  # the first start that comes, as in the paper, where a study says nothing else
    bench = Bench(store_folder=store, workers=workers, sheets=sheets, markdown=markdown, console=console)
    try:
        figures = measure(bench, studies.split(","), prompts, base, only_estimate=estimate)
    except (WeightsError, JudgeError, ValueError, OSError) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on from here.")
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(figures))


if __name__ == "__main__":
    typer.run(main)
