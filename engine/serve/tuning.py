"""Measure, at an engine's first start, which threads and precision paint fastest; new jobs then use them by default.

More threads can be slower for small models, and if cores share arithmetic or have other work. Half precision is far
slower if the processor has no units for it. A job's spec records both, because a seed repeats its pixels only with the
same ones. So a measurement changes no earlier job.
"""

import dataclasses
import json
import logging
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from engine.bundles.bundles import Bundle
from engine.device import devices
from engine.messages import Precision, Spec
from engine.run import batch
from engine.run.run import Run

log = logging.getLogger(__name__)

Option = TypeVar("Option")

CACHE = ".measured.json"  # the answers, beside the weights
MORE_THREADS = 0.95  # more threads may take at most this part of the time of fewer; else other work can use them
HALF = 0.75  # half precision may take at most this part of float32's time; a smaller gain is not worth its errors
SIDE, CUTOUTS = 128, 4  # the most pixels along a side and the most cutouts of what is measured
ROUNDS, SECONDS = 3, 2.0  # the most rounds, and the seconds after which no round begins


def threads(bundle: Bundle, cores: int, weights_dir: Path) -> int:
    """Return the number of threads for ``bundle`` on ``cores``, as measured now or before."""
    if cores == 1:
        return 1

    def measure() -> int:
        return fastest(thread_counts(cores), lambda count: _seconds(bundle, count, Precision.FP32), MORE_THREADS)

    question = f"threads, {_machine(bundle)}, {cores} cores, {_versions(bundle)}"
    known = _Known(weights_dir / CACHE)
    if isinstance(count := known.answers.get(question), int) and 1 <= count <= cores:
        return count
    try:
        return known.learn(question, measure())
    except Exception:
        log.warning("the number of threads could not be measured: it is that of the cores", exc_info=True)
        return cores


def precision(bundle: Bundle, count: int, weights_dir: Path) -> Precision:
    """Return the precision for ``bundle`` with ``count`` threads, as measured now or before."""
    question = f"precision, {_machine(bundle)}, {count} threads, {_versions(bundle)}"
    known = _Known(weights_dir / CACHE)
    if isinstance(value := known.answers.get(question), str) and value in list(Precision):
        return Precision(value)
    tried = dataclasses.replace(bundle)  # its copy in half precision goes with it
    try:
        options = (Precision.FP32, Precision.BF16)
        return known.learn(question, fastest(options, lambda one: _seconds(tried, count, one), HALF))
    except Exception:
        log.warning("the precision could not be measured: it is %s", Precision.FP32, exc_info=True)
        return Precision.FP32


def thread_counts(cores: int) -> list[int]:
    """Return the numbers to try: one, half of the cores, all."""
    return sorted({1, max(1, cores // 2), cores})


def fastest(
    options: Sequence[Option],
    seconds: Callable[[Option], float],
    worth: float,
    clock: Callable[[], float] = time.monotonic,
) -> Option:
    """Return the option with the least ``seconds`` in a few rounds, without a first one that does not count.

    A later option must take at most ``worth`` of the time of those before it. The options take turns, so that other
    work of the machine slows all of them alike.
    """
    for option in options:
        seconds(option)
    best = dict.fromkeys(options, float("inf"))
    began = clock()
    for number in range(ROUNDS):
        if number and clock() - began > SECONDS:
            break
        for option in options:
            best[option] = min(best[option], seconds(option))
    chosen = options[0]
    for option in options[1:]:
        if best[option] < worth * best[chosen]:
            chosen = option
    return chosen


def _seconds(bundle: Bundle, count: int, precision: Precision) -> float:
    """Return the seconds of one iteration of a small picture."""
    entry, info = bundle.entry, bundle.info()
    width, height = info.snap(min(SIDE, entry.width), min(SIDE, entry.height))
    run = Run(
        Spec(
            prompt="", noise_seeds=(0,), bundle=bundle.name, width=width, height=height, iterations=1, seed=0,
            cutouts=min(CUTOUTS, entry.cutouts.count), candidates=1, coarse=0.0, threads=count, precision=precision,
        ),
        bundle,
    )  # fmt: skip
    devices.wait(bundle.device)
    began = time.monotonic()
    batch.step([run])
    devices.wait(bundle.device)
    return time.monotonic() - began


def _machine(bundle: Bundle) -> str:
    """Return the name of the GPU, or that of the processor as far as the system tells it."""
    if bundle.device.type != "cpu":
        return devices.describe(bundle.device)
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _versions(bundle: Bundle) -> str:
    return f"torch {torch.__version__}, weights {bundle.weights_hash}"


class _Known:
    """The answers in a file; there are none if the file is missing or damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            held = None
        self.answers: Mapping[str, object] = held if isinstance(held, dict) else {}

    def learn(self, question: str, answer: Option) -> Option:
        """Write ``answer`` wholly or not at all. If the folder cannot be written to, the next start measures again."""
        part = self._path.with_suffix(".part")
        try:
            part.write_text(json.dumps({**self.answers, question: answer}, indent=1, sort_keys=True) + "\n", "utf-8")
            part.replace(self._path)
        except OSError as error:
            log.info("what was measured is not kept: %s", error)
        return answer
