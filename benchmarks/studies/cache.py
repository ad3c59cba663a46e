"""Keep every painted picture in a file named by everything that decides how it looks, so that none is painted twice.

A killed command goes on where it was, and variants that studies share are painted once. The engine's code is not part
of the name: start from an empty folder after a change of the engine that changes pictures.
"""

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from benchmarks.paint import PaintSettings, PaintTask, TimedPicture, paint_through, spread
from engine.method.regions import RegionNotFoundError

Job = tuple[PaintSettings, PaintTask]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The pictures in ``folder`` that were painted with the weights of ``weights_hash``."""

    folder: Path
    weights_hash: str

    def path(self, job: Job) -> Path:
        """Return the path of the picture of ``job``, painted or not."""
        settings, task = job
        said = {
            "weights": self.weights_hash,
            "entry": dataclasses.asdict(settings.entry()),
            "settings": {**dataclasses.asdict(settings), "weights_dir": ""},
            "prompt": [task.prompt, task.seed, task.strength, task.replace],
            "pictures": [None if image is None else _digest(image) for image in (task.init, task.mask)],
        }
        return self.folder / f"{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]}.npz"

    def load(self, job: Job) -> TimedPicture:
        """Return the picture of ``job``, which must be painted already."""
        with np.load(self.path(job), allow_pickle=False) as file:
            return TimedPicture(
                image=Image.fromarray(file["image"]),
                mask=Image.fromarray(file["mask"]) if "mask" in file else None,
                seconds=float(file["seconds"]),
                cpu_seconds=float(file["cpu_seconds"]),
            )

    def save(self, job: Job, painted: TimedPicture) -> None:
        """Write the picture of ``job`` wholly or not at all."""
        arrays = {"image": np.asarray(painted.image), "seconds": painted.seconds, "cpu_seconds": painted.cpu_seconds}
        if painted.mask is not None:
            arrays["mask"] = np.asarray(painted.mask)
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
        path = self.path(job)
        part = path.with_suffix(".part")
        part.write_bytes(packed.getvalue())
        part.replace(path)

    def missing(self, jobs: Iterable[Job]) -> list[Job]:
        """Return those of ``jobs`` that are not painted yet, each once."""
        paths = {self.path(job): job for job in jobs}
        return [job for path, job in paths.items() if not path.exists()]


def _digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def paint_missing(jobs: Sequence[Job], store: Store, workers: int, console: Console) -> None:
    """Paint the jobs that are not in the store, ``workers`` at once."""
    runs = list(courses(store.missing(jobs)))
    store.folder.mkdir(parents=True, exist_ok=True)
    done = spread(partial(_paint_course, store), runs, min(workers, max(1, len(runs))))
    for _ in track(done, "Painting", total=len(runs), console=console):
        pass


def courses(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Group the jobs that one run can paint, because they differ in iterations alone; the longest comes last."""
    together: dict[tuple[PaintSettings, str | None, int], list[Job]] = {}
    for settings, task in jobs:
        if task.init is None and _length_is_only_when_it_ends(settings):
            course = dataclasses.replace(settings, iterations=None), task.prompt, task.seed
            together.setdefault(course, []).append((settings, task))
        else:
            yield [(settings, task)]
    for course_jobs in together.values():
        yield sorted(course_jobs, key=lambda job: job[0].iterations or 0)


def _length_is_only_when_it_ends(settings: PaintSettings) -> bool:
    """Return whether a shorter run is the beginning of a longer one, because no schedule stretches over the run."""
    entry, more = settings.entry(), dict(settings.more)
    terms = (entry.regulariser.schedule, *entry.losses, *more.get("losses", ()))
    scheduled = entry.coarse if more.get("coarse") is None else more["coarse"]
    return (
        settings.iterations is not None
        and not scheduled
        and (more.get("cutout_schedule") or entry.cutout_schedule) == "constant"
        and (more.get("rate_schedule") or entry.rate_schedule) == "constant"
        and not any(term.endswith("linear") for term in terms)
    )


def _paint_course(store: Store, jobs: Sequence[Job]) -> None:
    """Paint the longest job and save all on the way. A replacement that finds no thing returns its input."""
    settings, task = jobs[-1]
    try:
        painted = paint_through(settings, task, [job[0].iterations or 0 for job in jobs])
    except RegionNotFoundError:
        assert task.init is not None
        black = Image.new("L", task.init.size)
        painted = [TimedPicture(image=task.init, mask=black, seconds=0.0, cpu_seconds=0.0)]
    for job, one in zip(jobs, painted, strict=True):
        store.save(job, one)
