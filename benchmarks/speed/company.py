"""`python -m benchmarks.speed.company`: compare runs in one batch with runs in turn, and measure their memory."""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks.speed import models
from benchmarks.speed.one import PROMPT, forget_peak, held_mb, peak_mb
from engine.bundles import bundles
from engine.device import devices
from engine.messages import Precision, Spec
from engine.run import batch
from engine.run.run import Run
from engine.serve.memory import StepMemory


def main(
    of: Annotated[str, typer.Argument(help="published: random models of the published sizes. Or a bundle.")],
    size: Annotated[int, typer.Option(help="A side in pixels.")] = 256,
    cutouts: Annotated[int, typer.Option(help="Of each run.")] = 8,
    jobs: Annotated[int, typer.Option(min=1, help="Runs at once.")] = 4,
    chunk: Annotated[int, typer.Option(min=0, help="Cutouts at a time, in turn; 0: all.")] = 0,
    iterations: Annotated[int, typer.Option(min=1, help="To time of each way, in turn.")] = 5,
    threads: Annotated[int, typer.Option(min=1)] = 1,
    precision: Annotated[str, typer.Option(help="fp32 or bf16.")] = "fp32",
    weights: Annotated[Path, typer.Option(help="The folder of the bundles.")] = Path("weights"),
) -> None:
    """Print the seconds of an iteration of all runs, in turn and together, and the memory reckoned and used.

    The memory is that of one run's step beside the models. A process measures one case, as it keeps what it had.
    """
    torch.set_num_threads(threads)
    device = devices.choose("auto")
    bundle = models.for_engine(of, weights, device)
    devices.keep_memory()
    spec = Spec(
        prompt=PROMPT, bundle=bundle.name, width=size, height=size, iterations=bundle.entry.max_iterations, seed=0,
        cutouts=cutouts, threads=threads, precision=Precision(precision),
    )  # fmt: skip
    reckoned = StepMemory(0).need(spec, bundle, chunk or None) / 1e6
    runs = [Run(spec, bundle) for _ in range(jobs)]
    used = _memory(runs[0], chunk or None, bundle)
    in_turn, together = list[float](), list[float]()
    for _ in range(iterations):
        in_turn.append(_seconds([[run] for run in runs], chunk or None, device))
        together.append(_seconds([runs], chunk or None, device))
    ratios = [one / other for one, other in zip(in_turn, together, strict=True)]
    figures = {
        "in_turn": statistics.median(in_turn),
        "together": statistics.median(together),
        "gain": statistics.median(ratios),
        "reckoned_mb": reckoned,
        "used_mb": used,
    }
    typer.echo(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


def _memory(run: Run, chunk: int | None, bundle: bundles.Bundle) -> float:
    """Return the MB that two steps need beside what was held before; the first also makes the optimiser's tensors."""
    before = held_mb(bundle.device)
    forget_peak(bundle.device)
    for _ in range(2):
        batch.step([run], chunk)
    return peak_mb(bundle.device) - before


def _seconds(parties: Sequence[Sequence[Run]], chunk: int | None, device: torch.device) -> float:
    """Return CPU seconds on a CPU, because other processes disturb them less, or wall seconds on a GPU."""
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    began = clock()
    for party in parties:
        batch.step(party, chunk)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - began


if __name__ == "__main__":
    typer.run(main)
