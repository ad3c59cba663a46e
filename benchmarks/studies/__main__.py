"""`python -m benchmarks.studies`: repeat what the paper shows in pictures alone, and let the judge read the results."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.options import STARTER, WEIGHTS, AsJson, Bundle, Weights, command, write_json
from benchmarks.paint import PaintSettings
from benchmarks.studies.catalogue import STUDIES
from benchmarks.studies.measure import Bench, measure
from benchmarks.studies.study import with_more


def main(
    studies: Annotated[str, typer.Option(help=f"Which, with commas between: {', '.join(STUDIES)}.")] = "all",
    prompts: Annotated[int, typer.Option(min=2, help="Pictures of each variant; half as many for the defaults.")] = 48,
    size: Annotated[int, typer.Option(help="Side in pixels.")] = 64,
    iterations: Annotated[int, typer.Option(min=1, help="Iterations of each picture.")] = 16,
    cutouts: Annotated[int, typer.Option(min=1, help="Cutouts; the bundle's own for the defaults.")] = 4,
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    store: Annotated[Path, typer.Option(help="Where painted pictures are kept.")] = Path("studies-runs"),
    sheets: Annotated[Path | None, typer.Option(help="Write a sheet of pictures of each study to this folder.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables as Markdown there.")] = None,
    as_json: AsJson = False,
    estimate: Annotated[bool, typer.Option("--estimate", help="Say how long it would take, and leave.")] = False,
    weights: Weights = WEIGHTS,
    bundle: Bundle = STARTER,
) -> None:
    """Repeat the paper's comparisons. What was painted already is not painted again."""
    usual = PaintSettings(bundle=bundle, weights_dir=weights, size=size, iterations=iterations, cutouts=cutouts)
    base = with_more(usual, candidates=1)  # The paper takes the first start that comes.
    with command(as_json) as console:
        bench = Bench(store_folder=store, workers=workers, sheets=sheets, markdown=markdown, console=console)
        try:
            figures = measure(bench, studies.split(","), prompts, base, only_estimate=estimate)
        except KeyboardInterrupt:
            console.print("Stopped. The same command goes on from here.")
            raise
    write_json(as_json, figures)


if __name__ == "__main__":
    typer.run(main)
