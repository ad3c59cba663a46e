"""`python -m benchmarks.describe`: describe pictures of the picture book that no training saw."""

import json
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.alignment.prompts import PromptList


def main(
    count: Annotated[int, typer.Option("--pictures", min=2, help="How many.")] = 200,
    which: Annotated[
        PromptList, typer.Option("--list", help="dev to choose settings on, test to report.")
    ] = PromptList.TEST,
    size: Annotated[int, typer.Option(min=16, help="Side of the pictures, in pixels.")] = 128,
    mirrored: Annotated[bool, typer.Option("--mirrored", help="Their mirror images instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one object with the figures.")] = False,
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
    bundle: Annotated[
        str, typer.Option(help="Which bundle looks; it must use the words of the picture book.")
    ] = "starter",
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Print the milliseconds per picture, cold and warm, and how often the best phrase of each kind is right."""
    import torch
    from rich.console import Console
    from rich.table import Table

    from benchmarks.describe.measure import measure
    from engine.bundles import bundles
    from engine.device import devices
    from engine.models.weights import WeightsError

    console = Console(stderr=as_json)
    torch.set_num_threads(threads)
    try:
        loaded = bundles.load(bundle, weights, devices.choose("auto"))
        figures = measure(loaded.describer, which, count, size, mirrored)
    except (WeightsError, ValueError, OSError) as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from None
    table = Table("kind", "right", "of", "95 % interval")
    for kind, share in figures.rows():
        low, high = share.interval()
        table.add_row(kind, f"{share.value:.1%}", str(share.of), f"{low:.1%} to {high:.1%}")
    console.print(table)
    console.print(
        f"first picture {figures.cold:.0f} ms, then {figures.median:.0f} ms each (95 % below {figures.slowest:.0f} ms)"
    )
    if as_json:
        right_of = {kind: [share.right, share.of] for kind, share in figures.rows()}
        times = {"cold_ms": figures.cold, "warm_ms": figures.median, "warm_p95_ms": figures.slowest}
        typer.echo(json.dumps({**times, "right": right_of, "weights": loaded.weights_hash, "list": which.value}))


if __name__ == "__main__":
    typer.run(main)
