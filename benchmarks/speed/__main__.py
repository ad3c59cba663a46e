"""`python -m benchmarks.speed`: the engine beside the published loop, in turn, on this machine."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.options import STARTER, WEIGHTS, AsJson, Bundle, Weights, command, write_json
from benchmarks.speed import report
from benchmarks.speed.compare import Comparison, compare
from benchmarks.speed.race import race

PICTURE = 400  # iterations of a published picture (paper §2)


def main(
    sizes: Annotated[str, typer.Option(help="Sides in pixels, as 256,512.")] = "256",
    cutouts: Annotated[str, typer.Option(help="As 8,32.")] = "8,32",
    iterations: Annotated[int, typer.Option(min=1, help="To time in each process.")] = 3,
    jobs: Annotated[str, typer.Option(help="At once, at the first size and number of cutouts.")] = "1,4,8,16",
    as_json: AsJson = False,
    pairs: Annotated[int, typer.Option(min=1, help="How often each is measured, in turn.")] = 5,
    models: Annotated[
        str, typer.Option(help="published: random models of the published sizes. Or a bundle.")
    ] = "published",
    threads: Annotated[int, typer.Option(min=0, help="0: as many as there are cores.")] = 0,
    precision: Annotated[str, typer.Option(help="The engine's: fp32, bf16, or auto as at its first start.")] = "auto",
    prompts: Annotated[int, typer.Option(min=0, help="Prompts to race for the same loss; 0: no race.")] = 0,
    bundle: Bundle = STARTER,
    race_iterations: Annotated[int, typer.Option(min=1, help="Iterations of the plain loop in the race.")] = PICTURE,
    pictures: Annotated[Path | None, typer.Option(help="An existing folder for the race's pictures.")] = None,
    weights: Weights = WEIGHTS,
) -> None:
    """Measure seconds per iteration, memory, pictures per minute, and the time to the plain loop's final loss."""
    threads = threads or len(os.sched_getaffinity(0))
    plan = Comparison(
        models=models, weights_dir=weights, sizes=_numbers(sizes), cutouts=_numbers(cutouts), jobs=_numbers(jobs),
        iterations=iterations, pairs=pairs, threads=threads, precision=precision,
    )  # fmt: skip
    standing = None
    with command(as_json, RuntimeError) as console:
        with console.status("") as status, tempfile.TemporaryDirectory() as folder:
            rows = compare(plan, status.update)
            if prompts:
                standing = race(
                    bundle, weights, pictures or Path(folder), prompts=prompts, iterations=race_iterations,
                    threads=threads, precision=precision, told=status.update,
                )  # fmt: skip
    for table in (report.speed_table(rows), report.phase_table(rows), report.company_table(rows, PICTURE)):
        console.print(table)
    if standing is not None:
        console.print(report.race_table(standing), report.race_sentence(standing), sep="\n")
    console.print(report.machine(rows))
    write_json(as_json, report.figures(rows, standing))


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter(f"{text!r} is no list of whole numbers from 1, such as 1,4,8.")
    return numbers


if __name__ == "__main__":
    typer.run(main)
