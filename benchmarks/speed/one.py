"""`python -m benchmarks.speed.one ASKED`: one measurement in a process of its own, which nothing before has warmed."""

from __future__ import annotations

import dataclasses
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.plain import Plain
from benchmarks.speed import models
from benchmarks.speed.phases import Phases
from engine.device import devices
from engine.messages import Event, Precision, RunFailed, Spec, StartRun
from engine.serve.loop import Loop

Made = TypeVar("Made")

PROMPT = "a red circle on a white background"
PLAIN, ENGINE = "plain", "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What to measure: ``side`` is PLAIN or ENGINE, ``models`` a name that :func:`models.read` knows.

    ``size`` is a side in pixels. ``iterations`` are timed after a first one that is not.
    """

    side: str
    models: str
    weights_dir: str
    size: int
    cutouts: int
    jobs: int
    iterations: int
    threads: int
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """``seconds`` of one iteration of all jobs, the median; by phase in ``phases``, from further iterations.

    ``cpu_seconds`` are the processor's, of all threads, on average. ``idle`` is the share of the threads' time in which
    the process did not compute. ``peak_mb`` is the most memory
    while stepping, models included: the device's on CUDA. ``flops`` are counted, of one iteration; ``rate`` is how many
    a second a large matrix product reaches at the same precision.
    """

    seconds: float
    cpu_seconds: float
    phases: dict[str, float]
    idle: float
    peak_mb: float
    flops: float
    rate: float
    device: str
    threads: int
    precision: str


def measure(asked: Case) -> Timing:
    """Time one case.

    Raises :class:`engine.models.weights.WeightsError`, and :class:`RuntimeError` where the engine refuses the run.
    """
    device = devices.choose("auto")
    torch.set_num_threads(asked.threads)
    step, decoder, perceptors = (_plain if asked.side == PLAIN else _engine)(asked, device)
    with FlopCounterMode(display=False) as counter:
        step()
    forget_peak(device)
    began, cpu = time.perf_counter(), time.process_time()
    timed = [_timed(step, device) for _ in range(asked.iterations)]
    computed, passed = time.process_time() - cpu, time.perf_counter() - began
    seconds = [asked.jobs * spent / done for spent, done in timed]
    done = sum(done for _, done in timed)
    phases = Phases(device)
    with phases.watching(decoder, perceptors):
        phases.step(step)
    return Timing(
        seconds=sorted(seconds)[len(seconds) // 2],
        cpu_seconds=asked.jobs * computed / done,
        phases=dict(phases.seconds),
        idle=max(0.0, 1 - computed / passed / asked.threads),
        peak_mb=peak_mb(device),
        flops=float(counter.get_total_flops()),
        rate=_rate(device, asked.precision),
        device="cpu" if device.type == "cpu" else torch.cuda.get_device_name(device),
        threads=asked.threads,
        precision=asked.precision,
    )


Subject = tuple[Callable[[], int], nn.Module, list[nn.Module]]
"""A step to time, which says how many iterations of all runs it made, the decoder and the perceptors in it."""


def _plain(asked: Case, device: torch.device) -> Subject:
    given = models.read(asked.models, Path(asked.weights_dir))
    made = models.for_plain(given, PROMPT, device)
    run = Plain(made, asked.size, asked.size, models.f_of(given), asked.cutouts, seed=1)

    def step() -> int:
        run.step()
        return 1

    return step, made.decode, list(made.perceptors)


def _engine(asked: Case, device: torch.device) -> Subject:
    bundle = models.for_engine(asked.models, Path(asked.weights_dir), device)
    devices.keep_memory()  # as the engine's process does
    failures: list[Event] = []
    loop = Loop({bundle.name: bundle}, lambda event: failures.append(event) if isinstance(event, RunFailed) else None)
    for job_id in range(1, asked.jobs + 1):
        spec = Spec(
            prompt=PROMPT,
            bundle=bundle.name,
            width=asked.size,
            height=asked.size,
            iterations=bundle.entry.max_iterations,
            seed=job_id,
            cutouts=asked.cutouts,
            threads=asked.threads,
            precision=Precision(asked.precision),
        )
        loop.obey(StartRun(job_id=job_id, spec=spec, frame_seconds=0, checkpoint_seconds=0))

    def step() -> int:
        """An iteration of every run at least; what is not stepped in one batch takes turns, and some have two."""
        before = {job_id: active.run.iteration for job_id, active in loop.active.items()}
        while not failures and any(loop.active[job_id].run.iteration == done for job_id, done in before.items()):
            loop.step()
        if failures:
            raise RuntimeError(f"the engine failed: {failures[0]}")
        return sum(loop.active[job_id].run.iteration - done for job_id, done in before.items())

    generator, perceptors = bundle.models(Precision(asked.precision))
    return step, generator.decoder, list(perceptors)


def _timed(step: Callable[[], Made], device: torch.device) -> tuple[float, Made]:
    """Seconds until the device has done all of it, and what it says."""
    began = time.perf_counter()
    made = step()
    devices.wait(device)
    return time.perf_counter() - began, made


def _rate(device: torch.device, precision: str) -> float:
    n, dtype = (8192 if device.type == "cuda" else 1024), torch.bfloat16 if precision == "bf16" else torch.float32
    one, other = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2 * n**3 / min(_timed(lambda: one @ other, device)[0] for _ in range(5))


CLEAR_REFS = Path("/proc/self/clear_refs")


def forget_peak(device: torch.device) -> None:
    """Loading needs more than stepping; Linux can forget it."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5")


def held_mb(device: torch.device) -> float:
    """What is in use now: the device's memory on CUDA, else the process's."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device) / 1e6
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) * 1024 / 1e6


def peak_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * unit / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(argv: list[str]) -> None:
    """Measure what the one argument asks for, in JSON, and write the result to stdout in JSON."""
    asked: dict[str, Any] = json.loads(argv[0])
    sys.stdout.write(json.dumps(dataclasses.asdict(measure(Case(**asked)))) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
