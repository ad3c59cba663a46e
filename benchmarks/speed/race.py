"""Measure how soon the engine's default picture has the loss of the yardstick's finished one."""

import dataclasses
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from benchmarks import plain
from benchmarks.alignment import scores
from benchmarks.alignment.prompts import pictures as listed
from benchmarks.alignment.sheet import sheet
from benchmarks.judge.judge import load
from benchmarks.options import PromptList
from benchmarks.speed import models
from benchmarks.speed.compare import ENVIRONMENTS, child, settled
from benchmarks.speed.one import ENGINE, PLAIN
from engine import api, pictures
from engine.bundles import bundles
from engine.device import devices
from training.picturebook.captions import full_caption
from training.picturebook.picture import Picture

WATCHED = 32  # cutouts of the yardstick's own kind, always the same, for the second loss
EVERY = 10  # iterations of the yardstick between two looks; the engine, which has few, is looked at after each


@dataclass(frozen=True, slots=True, kw_only=True)
class Racer:
    """One picture for one side to paint, with the bundle's ``size`` and ``cutouts``."""

    side: str
    bundle: str
    weights_dir: str
    prompt: str
    seed: int
    size: int
    cutouts: int
    iterations: int  # of the yardstick; the engine has its defaults
    threads: int
    precision: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at a picture on the way."""

    iteration: int
    seconds: float  # so far, without the looking
    loss: float  # distance of the whole picture, without augmentations, because each side has its own
    cutout_loss: float  # what the yardstick would call its loss, by cutouts of its own kind
    png: str  # the picture's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Hold what the race came to, over all prompts.

    The dictionaries have three entries each: the yardstick's last pictures, the engine's when it reached their loss (or
    its last, if it never did), and the engine's last.
    """

    ratio: float | None  # the yardstick's seconds by the engine's, the median; None unless most prompts reached it
    reached: int  # prompts for which the engine reached the yardstick's final loss
    reached_by_cutouts: int  # the same by the yardstick's cutouts
    prompts: int
    seconds: dict[str, float]
    loss: dict[str, float]
    cutout_loss: dict[str, float]
    top1: dict[str, float]  # the judge's
    attributes: dict[str, float]  # the share that the judge reads right


def paint(start: Racer) -> list[Look]:
    """Paint one picture and look at it on the way. Raises :class:`engine.models.weights.WeightsError`."""
    torch.set_num_threads(start.threads)
    device = devices.choose("auto")
    given = models.read(start.bundle, Path(start.weights_dir))
    made = models.for_plain(given, start.prompt, device)
    watch = plain.Plain(made, start.size, start.size, models.f_of(given), WATCHED, seed=0)
    looks: list[Look] = []
    for iteration, seconds, image in (_plain if start.side == PLAIN else _engine)(start, made, models.f_of(given)):
        with torch.no_grad(), torch.random.fork_rng():
            torch.manual_seed(1)
            cutout_loss = float(watch.loss(image.detach()))
            loss = float(whole_loss(made, image))
        png = Path(start.folder) / f"{start.side}-{start.seed}-{iteration}.png"
        pictures.to_image(image).save(png)
        looks.append(Look(iteration=iteration, seconds=seconds, loss=loss, cutout_loss=cutout_loss, png=str(png)))
    return looks


def whole_loss(made: plain.Models, image: Tensor) -> Tensor:
    """Return the published distance (paper §2.2) of ``image`` (1, 3, H, W), pooled to each perceptor's input size."""
    mean, std = (torch.tensor(value).view(1, 3, 1, 1).to(image) for value in (plain.MEAN, plain.STD))
    distances = [
        plain.distance(perceptor((F.adaptive_avg_pool2d(image, size) - mean) / std), texts)
        for perceptor, size, texts in zip(made.perceptors, made.sizes, made.texts, strict=True)
    ]
    return torch.stack(distances).mean()


Painting = Iterator[tuple[int, float, Tensor]]
"""Iteration, seconds so far, and the picture then, (1, 3, H, W)."""


def _plain(start: Racer, made: plain.Models, f: int) -> Painting:
    began, looking = time.perf_counter(), 0.0
    run = plain.Plain(made, start.size, start.size, f, start.cutouts, start.seed)
    for iteration in range(1, start.iterations + 1):
        run.step()
        if iteration % EVERY == 0 or iteration == start.iterations:
            paused = time.perf_counter()
            yield iteration, paused - began - looking, run.picture()
            looking += time.perf_counter() - paused


def _engine(start: Racer, made: plain.Models, f: int) -> Painting:
    bundle = models.for_engine(start.bundle, Path(start.weights_dir), devices.choose("auto"))
    devices.keep_memory()  # as the engine's process does
    began, looking = time.perf_counter(), 0.0
    size = (start.size, start.size)
    steps = api.generate(
        start.prompt, bundle=bundle, size=size, seed=start.seed, threads=start.threads, precision=start.precision
    )
    for step in steps:
        paused = time.perf_counter()
        yield step.iteration, paused - began - looking, step.run.picture()
        looking += time.perf_counter() - paused


def race(
    bundle: str, weights_dir: Path, folder: Path, *, prompts: int, iterations: int, threads: int, precision: str,
    told: Callable[[str], None],
) -> Standing:  # fmt: skip
    """Paint the first ``prompts`` of the test list with both, in turn, each in a fresh process.

    All pictures and a sheet of the last ones stay in ``folder``. Raises :class:`RuntimeError` with the last words of a
    process that failed, and :class:`engine.models.weights.WeightsError`.
    """
    entry, _ = bundles.find(bundle, weights_dir)
    asked, precision = listed(PromptList.TEST, prompts), settled(precision, bundle, weights_dir, threads)
    runs: dict[str, list[list[Look]]] = {PLAIN: [], ENGINE: []}
    for seed, picture in enumerate(asked, start=1):
        prompt = full_caption(picture)
        for side, looks in runs.items():
            told(f"{side}: {prompt}")
            start = Racer(
                side=side, bundle=bundle, weights_dir=str(weights_dir), prompt=prompt, seed=seed, size=entry.width,
                cutouts=entry.cutouts.count, iterations=iterations, threads=threads, precision=precision,
                folder=str(folder),
            )  # fmt: skip
            said = child(__name__, dataclasses.asdict(start), ENVIRONMENTS.get(side, {}))
            looks.append([Look(**look) for look in json.loads(said)])
    last = [looks[-1] for looks in runs[PLAIN]]
    first = [reached(looks, end) for looks, end in zip(runs[ENGINE], last, strict=True)]
    by_cutouts = [reached(looks, end, by="cutout_loss") for looks, end in zip(runs[ENGINE], last, strict=True)]
    ends = [looks[-1] for looks in runs[ENGINE]]
    there = [look or end for look, end in zip(first, ends, strict=True)]
    rows = [[Image.open(one.png), Image.open(two.png)] for one, two in zip(last, ends, strict=True)]
    sheet(rows, [full_caption(picture) for picture in asked], [True] * prompts).save(folder / "sheet.png")
    sets = {"plain": last, "engine, same loss": there, "engine, default": ends}
    return _standing(asked, first, sum(look is not None for look in by_cutouts), sets)


def reached(looks: Sequence[Look], end: Look, by: str = "loss") -> Look | None:
    """Return the first look with a loss no greater than at the other side's ``end``, or None."""
    return next((look for look in looks if getattr(look, by) <= getattr(end, by)), None)


def ratio_of(plain_looks: Sequence[Look], first: Sequence[Look | None]) -> float | None:
    """Return the median ratio of seconds. A prompt that never reached the loss counts as the slowest."""
    ratios = [
        0.0 if mine is None else theirs.seconds / mine.seconds for theirs, mine in zip(plain_looks, first, strict=True)
    ]
    return statistics.median(ratios) or None


def _standing(
    asked: Sequence[Picture], first: Sequence[Look | None], reached_by_cutouts: int, sets: dict[str, list[Look]]
) -> Standing:
    judge = load()
    found = {
        name: scores.align(
            judge, asked, torch.cat([pictures.decode_within(Path(look.png).read_bytes(), 2**20) for look in looks])
        )
        for name, looks in sets.items()
    }
    return Standing(
        ratio=ratio_of(sets["plain"], first),
        reached=sum(look is not None for look in first),
        reached_by_cutouts=reached_by_cutouts,
        prompts=len(asked),
        seconds={name: statistics.median(look.seconds for look in looks) for name, looks in sets.items()},
        loss={name: statistics.mean(look.loss for look in looks) for name, looks in sets.items()},
        cutout_loss={name: statistics.mean(look.cutout_loss for look in looks) for name, looks in sets.items()},
        top1={name: result.top1.value for name, result in found.items()},
        attributes={name: _right(result) for name, result in found.items()},
    )


def _right(result: scores.Alignment) -> float:
    shares = result.attributes.values()
    return sum(share.right for share in shares) / sum(share.of for share in shares)


def main(argv: list[str]) -> None:
    """Paint the picture that the one argument describes, and write the looks to stdout, both in JSON."""
    looks = paint(Racer(**json.loads(argv[0])))
    sys.stdout.write(json.dumps([dataclasses.asdict(look) for look in looks]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
