"""`python -m benchmarks.speed.one CASE`: time one case in a fresh process."""

import dataclasses
import json
import resource
import sys
import tempfile
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
from engine.models.vqgan import VQGAN
from engine.serve import tuning
from engine.serve.loop import Loop

Made = TypeVar("Made")

PROMPT = "a red circle on a white background"
PLAIN, ENGINE = "plain", "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Hold what to measure."""

    side: str  # PLAIN or ENGINE
    models: str  # a name that :func:`models.read` knows
    weights_dir: str
    size: int  # pixels along each side
    cutouts: int
    jobs: int
    iterations: int  # to time, after a first one that is not timed
    threads: int
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Hold what one iteration of all jobs costs."""

    seconds: float  # the median
    cpu_seconds: float  # of all threads, the mean
    phases: dict[str, float]  # seconds by phase, of further iterations
    idle: float  # the share of the threads' time without computing
    peak_mb: float  # the most memory while stepping, models included; the device's on CUDA
    flops: float
    rate: float  # FLOPs a second that a large matrix product reaches at this precision
    device: str
    threads: int
    precision: str


def measure(asked: Case) -> Timing:
    """Time one case.

    Raises :class:`engine.models.weights.WeightsError`, and :class:`RuntimeError` if the engine refuses the run.
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
"""A step to time, which returns how many iterations it made in all runs, and the decoder and perceptors in it."""


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
        """Step every run at least once; runs that take turns may make two iterations."""
        before = {job_id: active.run.iteration for job_id, active in loop.active.items()}
        while not failures and any(loop.active[job_id].run.iteration == done for job_id, done in before.items()):
            loop.step()
        if failures:
            raise RuntimeError(f"the engine failed: {failures[0]}")
        return sum(loop.active[job_id].run.iteration - done for job_id, done in before.items())

    generator, perceptors = bundle.models(Precision(asked.precision))
    assert isinstance(generator, VQGAN)
    return step, generator.decoder, [perceptor for perceptor in perceptors if isinstance(perceptor, nn.Module)]


def _timed(step: Callable[[], Made], device: torch.device) -> tuple[float, Made]:
    """Return the seconds until the device has finished the step, and what the step returns."""
    began = time.perf_counter()
    made = step()
    devices.wait(device)
    return time.perf_counter() - began, made


def _rate(device: torch.device, precision: str) -> float:
    n, dtype = (8192 if device.type == "cuda" else 1024), torch.bfloat16 if precision == "bf16" else torch.float32
    one, other = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    return 2 * n**3 / min(_timed(lambda: one @ other, device)[0] for _ in range(5))


CLEAR_REFS = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")


def forget_peak(device: torch.device) -> None:
    """Reset the greatest memory so far, because loading needs more than stepping."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5")


def held_mb(device: torch.device) -> float:
    """Return the MB in use now: the device's on CUDA, else the process's."""
    return torch.cuda.memory_allocated(device) / 1e6 if device.type == "cuda" else _status_mb("VmRSS")


def peak_mb(device: torch.device) -> float:
    """Return the greatest MB in use since :func:`forget_peak`."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if STATUS.exists():
        return _status_mb("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _status_mb(name: str) -> float:
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(lines[name].split()[0]) * 1024 / 1e6


def precision_here(of: str, weights_dir: Path, threads: int) -> str:
    """Measure which precision an engine would choose at its first start here, for the models ``of`` that name."""
    bundle = models.for_engine(of, weights_dir, devices.choose("auto"))
    devices.prepare_memory(bundle.device)
    with tempfile.TemporaryDirectory() as nothing_known:
        return tuning.precision(bundle, threads, Path(nothing_known))


def main(argv: list[str]) -> None:
    """Write to stdout what the one argument, in JSON, asks for: a case to time, or only the precision to choose."""
    asked: dict[str, Any] = json.loads(argv[0])
    if "side" in asked:
        said = json.dumps(dataclasses.asdict(measure(Case(**asked))))
    else:
        said = precision_here(asked["models"], Path(asked["weights_dir"]), asked["threads"])
    sys.stdout.write(said + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
