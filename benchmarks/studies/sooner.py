"""Look for settings that paint as well as the default in fewer iterations."""

import dataclasses

from benchmarks.alignment.prompts import pictures
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings
from benchmarks.studies.study import FAST, Study, Variant, prompted, with_more
from benchmarks.studies.subjects import Prompts


def after(base: PaintSettings, iterations: int, **more: object) -> PaintSettings:
    """Return the settings with another number of iterations and ``more`` settings of a Spec."""
    return with_more(dataclasses.replace(base, iterations=iterations), **more)


def changes(base: PaintSettings) -> dict[str, PaintSettings]:
    """Return the settings of each variant by label: fewer iterations, and what may make up for them."""
    usual = base.iterations or base.entry().iterations
    half, fifth, tenth = (max(1, usual // part) for part in (2, 5, 10))
    return {
        f"{usual} iterations": base,
        **{f"{n} iterations": after(base, n) for n in (half, fifth, tenth)},
        f"{half}, half of them coarse": after(base, half, coarse=0.5),
        f"{fifth}, half of them coarse": after(base, fifth, coarse=0.5),
        f"{fifth}, rising cutouts": after(base, fifth, cutout_schedule="rising"),
        f"{fifth}, falling cutouts": after(base, fifth, cutout_schedule="falling"),
        f"{half}, best of 4 starts": after(base, half, candidates=4),
        f"{fifth}, best of 4 starts": after(base, fifth, candidates=4),
        f"{fifth}, best of 8 starts": after(base, fifth, candidates=8),
        f"{tenth}, best of 16 starts": after(base, tenth, candidates=16),
    }


def sooner(count: int, base: PaintSettings) -> Study:
    """Compare fewer iterations from the bundle's own start."""
    return _study("sooner", "Fewer iterations from the bundle's own start", count, base)


def sooner_random(count: int, base: PaintSettings) -> Study:
    """Compare fewer iterations from the paper's random codes, with half as many prompts."""
    random = dataclasses.replace(base, start="random", learning_rate=FAST)
    return _study("sooner-random", "Fewer iterations from random codes", max(2, count // 2), random)


def _study(name: str, title: str, count: int, base: PaintSettings) -> Study:
    subjects = Prompts(pictures=pictures(PromptList.DEV, count), which=PromptList.DEV)
    tasks = prompted(subjects.labels())
    return Study(
        name=name,
        title=title,
        claim="The paper's loop has 400 iterations of as many cutouts each, all at the size of the picture, from the "
        "first random codes that come (paper §2).",
        subjects=subjects,
        variants=tuple(Variant(label=label, settings=chosen, tasks=tasks) for label, chosen in changes(base).items()),
    )
