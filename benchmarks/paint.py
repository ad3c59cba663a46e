"""Paint prompts and edits as the engine does, one picture each, with its defaults or with other settings."""

import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image

from engine.api import generate
from engine.bundles import bundles
from engine.device import devices

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PaintSettings:
    """Hold what to paint with; None is the bundle's default."""

    bundle: str = "starter"
    weights_dir: Path = Path("weights")
    size: int | None = None  # side in pixels
    iterations: int | None = None
    learning_rate: float | None = None
    cutouts: int | None = None
    regulariser: float | None = None
    strength: float | None = None
    start: str | None = None  # "mean" or "random" codes, without the learned start and the pull towards it
    threads: int = 1  # of each process
    completes: bool = True  # whether words that a prompt leaves open are drawn
    recalls: bool = False  # whether things come from the bundle's memory, and prompts of unknown words are refused
    more: tuple[tuple[str, Any], ...] = ()  # further settings of a Spec, by name

    def entry(self) -> bundles.BundleEntry:
        """Return the bundle's entry with what is set here. Raises :class:`engine.models.weights.WeightsError`."""
        entry, _ = bundles.find(self.bundle, self.weights_dir)
        changes: dict[str, object] = {}
        if self.start is not None:
            changes |= {"start": self.start, "start_network": None, "regulariser": bundles.Regulariser()}
        if self.regulariser is not None:
            schedule = entry.regulariser.schedule if entry.regulariser.schedule != "none" else "constant"
            changes["regulariser"] = bundles.Regulariser(weight=self.regulariser, schedule=schedule)
        if self.cutouts is not None:
            changes["cutouts"] = dataclasses.replace(entry.cutouts, count=self.cutouts)
        if self.learning_rate is not None:
            changes["learning_rate"] = self.learning_rate
        return dataclasses.replace(entry, **changes)  # type: ignore[arg-type]

    def of_the_bundle(self) -> "PaintSettings":
        """Return the settings that decide which bundle is loaded, so that others share one."""
        return dataclasses.replace(self, size=None, iterations=None, strength=None, threads=1, more=())

    @property
    def side(self) -> int:
        """Return the side of a picture in pixels."""
        return self.size or self.entry().width


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PaintTask:
    """One picture to paint, from nothing or from ``init``."""

    prompt: str | None  # None only with ``replace``
    seed: int
    init: Image.Image | None = None
    strength: float | None = None  # overrides the settings' strength
    replace: tuple[str, str] | None = None  # what to find in ``init``, and what to paint there
    mask: Image.Image | None = None  # white where to paint; overrides the region that would be found


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimedPicture:
    """A picture, and the time from the request to it, without loading."""

    image: Image.Image
    seconds: float
    cpu_seconds: float
    mask: Image.Image | None = None  # the region of an edit, white on black; None for everywhere


def paint_all(tasks: Sequence[PaintTask], settings: PaintSettings, processes: int) -> Iterator[TimedPicture]:
    """Paint every task in order, ``processes`` at once."""
    yield from spread(partial(paint, settings), tasks, processes)


def spread(work: Callable[[Item], Made], asked: Iterable[Item], processes: int) -> Iterator[Made]:
    """Yield the results of ``work`` in order, done in this process or in ``processes`` others at once."""
    if processes == 1:
        yield from map(work, asked)
        return
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # Spinning threads of the children would starve each other.
    # The parent answers Ctrl-C.
    with multiprocessing.get_context("spawn").Pool(processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap(work, asked)


def paint(settings: PaintSettings, task: PaintTask) -> TimedPicture:
    """Paint one task. Raises what :func:`engine.api.generate` raises."""
    return paint_through(settings, task, ())[-1]


def paint_through(settings: PaintSettings, task: PaintTask, stations: Sequence[int]) -> list[TimedPicture]:
    """Paint one task, and return its picture after each iteration in ``stations`` and at the end."""
    bundle = loaded(settings)
    strength = settings.strength if task.strength is None else task.strength
    started, started_cpu = time.monotonic(), time.process_time()
    steps = generate(
        task.prompt,
        init_image=task.init,
        mask=task.mask,
        replace=task.replace,
        bundle=bundle,
        size=(settings.side, settings.side),
        iterations=settings.iterations,
        seed=task.seed,
        strength=strength,
        threads=settings.threads,
        **dict(settings.more),
    )
    return [
        TimedPicture(
            image=step.image,
            mask=step.mask,
            seconds=time.monotonic() - started,
            cpu_seconds=time.process_time() - started_cpu,
        )
        for step in steps
        if step.run.finished or step.iteration in stations
    ]


def loaded(settings: PaintSettings) -> bundles.Bundle:
    """Return the settings' bundle, loaded once. Raises :class:`engine.models.weights.WeightsError`."""
    return _bundle(settings.of_the_bundle())


@cache
def _bundle(settings: PaintSettings) -> bundles.Bundle:
    _, folder = bundles.find(settings.bundle, settings.weights_dir)
    bundle = bundles.load(settings.bundle, folder, devices.choose("auto"), settings.entry())
    if not settings.completes:
        bundle = dataclasses.replace(bundle, natural=None)
    return bundle if settings.recalls else dataclasses.replace(bundle, vocabulary=None)
