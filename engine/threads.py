"""How many threads paint fastest on this machine: measured at an engine's first start, the default of new jobs.

More are not always faster: small models, and cores that share arithmetic or have other work, may lose by them. The
number is part of a job's spec, since a seed repeats its pixels at the same one only: what is measured changes no job
that was asked for before.
"""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch

from engine import batch, compiled
from engine.bundles import Bundle
from engine.messages import Spec
from engine.run import Run

log = logging.getLogger(__name__)

CACHE = ".threads.json"
"""What was measured, beside the weights: a number for each machine, version of torch, and weights."""
WORTH = 0.95
"""More threads must need at most this part of the time of fewer: else the others' work has the better use of them."""
SIDE, CUTOUTS, ROUNDS, SECONDS = 128, 4, 3, 2.0
"""Of what is measured: its size in pixels and cutouts at most; rounds at most, and seconds after which none begins."""


def default(bundle: Bundle, cores: int, weights_dir: Path) -> int:
    """The number for ``bundle`` on a CPU of ``cores``, as measured now or before."""
    if cores == 1:
        return 1
    path, key = weights_dir / CACHE, _key(bundle, cores)
    known = _read(path)
    if (threads := known.get(key)) is not None and 1 <= threads <= cores:
        return threads
    try:
        threads = fastest(cores, partial(_seconds, bundle))
    except Exception:
        log.warning("the number of threads could not be measured: it is that of the cores", exc_info=True)
        return cores
    _write(path, {**known, key: threads})
    return threads


def options(cores: int) -> list[int]:
    """The numbers that are tried: one, half of the cores, all."""
    return sorted({1, max(1, cores // 2), cores})


def fastest(cores: int, seconds: Callable[[int], float], clock: Callable[[], float] = time.monotonic) -> int:
    """The number of threads with the least ``seconds`` in a few rounds; the first of each is not counted.

    In turn, so that what else the machine does befalls all of them alike.
    """
    tried = options(cores)
    for threads in tried:
        seconds(threads)
    best = dict.fromkeys(tried, float("inf"))
    began = clock()
    for number in range(ROUNDS):
        if number and clock() - began > SECONDS:
            break
        for threads in tried:
            best[threads] = min(best[threads], seconds(threads))
    chosen = tried[0]
    for threads in tried[1:]:
        if best[threads] < WORTH * best[chosen]:
            chosen = threads
    return chosen


def _seconds(bundle: Bundle, threads: int) -> float:
    """What one iteration of a small picture takes."""
    entry, info = bundle.entry, bundle.info()
    width, height = info.snap(min(SIDE, entry.width), min(SIDE, entry.height))
    run = Run(
        Spec(
            prompt="", noise_seeds=(0,), bundle=bundle.name, width=width, height=height, iterations=1, seed=0,
            cutouts=min(CUTOUTS, entry.cutouts.count), candidates=1, coarse=0.0, threads=threads,
        ),
        bundle,
    )  # fmt: skip
    with compiled.eagerly(bundle.compiled):
        began = time.monotonic()
        batch.step([run])
        return time.monotonic() - began


def _key(bundle: Bundle, cores: int) -> str:
    return f"{_processor()}, {cores} cores, torch {torch.__version__}, weights {bundle.weights_hash}"


def _processor() -> str:
    """Its name where Linux tells it; else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _read(path: Path) -> dict[str, int]:
    """What was measured before; nothing where there is no such file, or a damaged one."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {key: value for key, value in held.items() if type(value) is int} if isinstance(held, dict) else {}


def _write(path: Path, known: Mapping[str, int]) -> None:
    """Wholly or not at all. Where the weights cannot be written to, the next start measures again."""
    part = path.with_suffix(".part")
    try:
        part.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        log.info("what was measured of threads is not kept: %s", error)
