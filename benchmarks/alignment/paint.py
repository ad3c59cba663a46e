"""Paint prompts and edits as the engine does, one picture each, with its defaults or with other settings."""

import dataclasses
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from PIL import Image

from engine import bundles, process
from engine.api import generate


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to paint with; None is the bundle's default. ``threads`` are those of each process.

    ``size`` is a side in pixels. ``plain_start`` begins at the mean code, without the learned start and without the
    pull towards it.
    """

    bundle: str = "starter"
    weights_dir: Path = Path("weights")
    size: int | None = None
    iterations: int | None = None
    learning_rate: float | None = None
    cutouts: int | None = None
    regulariser: float | None = None
    strength: float | None = None
    plain_start: bool = False
    threads: int = 1

    def entry(self) -> bundles.BundleEntry:
        """The bundle's entry with what is set here. Raises :class:`engine.weights.WeightsError`."""
        entry, _ = bundles.find(self.bundle, self.weights_dir)
        changes: dict[str, object] = {}
        if self.plain_start:
            changes |= {"start": "mean", "start_network": None, "regulariser": bundles.Regulariser()}
        if self.regulariser is not None:
            schedule = entry.regulariser.schedule if entry.regulariser.schedule != "none" else "constant"
            changes["regulariser"] = bundles.Regulariser(weight=self.regulariser, schedule=schedule)
        if self.cutouts is not None:
            changes["cutouts"] = dataclasses.replace(entry.cutouts, count=self.cutouts)
        if self.learning_rate is not None:
            changes["learning_rate"] = self.learning_rate
        return dataclasses.replace(entry, **changes)  # type: ignore[arg-type]

    @property
    def side(self) -> int:
        """Pixels along each side of a picture."""
        return self.size or self.entry().width


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One picture to paint, from nothing or from ``init``; ``strength`` overrides the settings'."""

    prompt: str
    seed: int
    init: Image.Image | None = None
    strength: float | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A picture, and the seconds from the request to it; loading the models is not counted."""

    image: Image.Image
    seconds: float


def paint_all(tasks: Sequence[Task], settings: Settings, processes: int) -> Iterator[Painted]:
    """Paint every task in order, ``processes`` at once."""
    if processes == 1:
        yield from map(partial(paint, settings), tasks)
        return
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for the children: spinning threads starve each other
    with multiprocessing.get_context("spawn").Pool(processes, initializer=_leave_ctrl_c_to_the_parent) as pool:
        yield from pool.imap(partial(paint, settings), tasks)


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def paint(settings: Settings, task: Task) -> Painted:
    """Paint one task."""
    bundle = _bundle(settings)
    strength = settings.strength if task.strength is None else task.strength
    started = time.monotonic()
    *_, last = generate(
        task.prompt,
        init_image=task.init,
        bundle=bundle,
        size=None if settings.size is None else (settings.size, settings.size),
        iterations=settings.iterations,
        seed=task.seed,
        strength=strength,
        threads=settings.threads,
    )
    return Painted(image=last.image, seconds=time.monotonic() - started)


@cache
def _bundle(settings: Settings) -> bundles.Bundle:
    _, folder = bundles.find(settings.bundle, settings.weights_dir)
    return bundles.load(settings.bundle, folder, process.choose_device("auto"), settings.entry())
