"""Change each of the starter models' own settings alone."""

import dataclasses

from benchmarks.alignment.prompts import pictures
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings
from benchmarks.studies.study import Study, Variant, prompted, with_more
from benchmarks.studies.subjects import Prompts
from engine.method.cutouts import AUGMENTATIONS


def changes(base: PaintSettings) -> dict[str, PaintSettings]:
    """Return the settings of each variant by label; the first has the defaults but for size and iterations."""
    entry = base.entry()
    rate, cutouts, weight = entry.learning_rate, entry.cutouts.count, entry.regulariser.weight
    iterations = base.iterations or entry.iterations

    def change(**values: object) -> PaintSettings:
        return dataclasses.replace(base, **values)  # type: ignore[arg-type]

    return {
        f"the default, {iterations} iterations": base,
        **{f"{n} iterations": change(iterations=n) for n in (10, 25, 50, 100) if n != iterations},
        **{f"learning rate {value:g}": change(learning_rate=value) for value in (rate / 2, rate * 2)},
        **{f"{n} cutouts": change(cutouts=n) for n in (cutouts // 2, cutouts * 2)},
        "no augmentation": with_more(base, augmentations=()),
        "all augmentations": with_more(base, augmentations=tuple(AUGMENTATIONS)),
        **{f"L2 weight {value:g}": change(regulariser=value) for value in (0.0, round(weight * 3, 3))},
        "average of z, decay 0.9": with_more(base, ema=0.9),
        "learning rate by a cosine": with_more(base, rate_schedule="cosine"),
        **{f"{side} px": change(size=side) for side in (64, 96, 128) if side != base.side},
        "plain start": change(start="mean"),
    }


def defaults(count: int, base: PaintSettings) -> Study:
    """Compare the many variants of :func:`changes`, with half as many prompts as the other studies."""
    which = PromptList.DEV
    subjects = Prompts(pictures=pictures(which, max(2, count // 2)), which=which)
    tasks = prompted(subjects.labels())
    return Study(
        name="defaults",
        title="The starter models' own settings, each changed alone",
        claim="The paper's are 400 iterations, a learning rate of 0.15, all augmentations and random codes (paper §2).",
        subjects=subjects,
        variants=tuple(Variant(label=label, settings=chosen, tasks=tasks) for label, chosen in changes(base).items()),
    )
