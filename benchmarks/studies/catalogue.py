"""The studies of what the paper claims; ``defaults.py`` has the one behind the starter models' own settings."""

import dataclasses
from collections.abc import Callable, Mapping

from PIL import Image

from benchmarks.alignment.prompts import PromptList, edits, pictures
from benchmarks.alignment.scenes import Naming, replacements
from benchmarks.paint import Settings, Task
from benchmarks.studies.defaults import defaults
from benchmarks.studies.sooner import sooner, sooner_random
from benchmarks.studies.study import FAST, Cell, Study, prompted, with_more
from benchmarks.studies.subjects import Edits, Prompts, Scenes
from engine.method.cutouts import AUGMENTATIONS
from training.picturebook.captions import full_caption
from training.picturebook.words import STYLE_WORDS

WHICH = PromptList.DEV
"""Settings may be chosen by what a study shows, so none looks at the list that figures are reported on."""


def regularisation(count: int, base: Settings) -> Study:
    """001 §5.1, figure 8, from the paper's random codes and from the learned start."""
    subjects = Prompts(pictures=pictures(WHICH, count), which=WHICH)
    tasks = prompted(subjects.labels())
    random = dataclasses.replace(base, start="random", learning_rate=FAST)
    settings = {
        "random codes, L2 term": with_more(random, losses=("l2:0.1:paper",)),
        "random codes, nothing": random,
        "random codes, codebook sampling": with_more(random, latent="codebook", learning_rate=0.5),
        "learned start, L2 term": base,
        "learned start, nothing": dataclasses.replace(base, regulariser=0.0),
        "learned start, codebook sampling": with_more(base, latent="codebook", learning_rate=0.5),
    }
    return Study(
        name="regularisation",
        title="L² regularisation against none against codebook sampling",
        claim="With the L² term pictures have finer details; without it, and with codebook sampling, they are muddled "
        "(001 §5.1, figure 8).",
        subjects=subjects,
        cells=tuple(Cell(label=label, settings=chosen, tasks=tasks) for label, chosen in settings.items()),
    )


def augmentations(count: int, base: Settings) -> Study:
    """001 §5.2, figure 9: from the mean code, since a learned start has the layout that augmentations are to bring."""
    subjects = Prompts(pictures=pictures(WHICH, count), which=WHICH)
    plain = dataclasses.replace(base, start="mean", learning_rate=FAST)
    chosen = {"all": tuple(AUGMENTATIONS), "none": (), **{f"{name} alone": (name,) for name in AUGMENTATIONS}}
    return Study(
        name="augmentations",
        title="Each augmentation alone, all, none",
        claim="All together give the most consistent pictures; affine reduces clutter and duplicates, perspective "
        "makes geometry consistent, noise parts the foreground from the background (001 §5.2, figure 9).",
        subjects=subjects,
        cells=tuple(
            Cell(label=label, settings=with_more(plain, augmentations=names), tasks=prompted(subjects.labels()))
            for label, names in chosen.items()
        ),
    )


def addition(count: int, base: Settings) -> Study:
    """001 G.1, figure 17: content and style as two prompts, from the mean code: a learned start reads a sentence."""
    styled = [picture for picture in pictures(WHICH, 4 * count) if picture.style != "plain"][:count]
    subjects = Prompts(pictures=styled, which=WHICH)
    contents = [full_caption(dataclasses.replace(picture, style="plain")) for picture in styled]
    styles = [STYLE_WORDS[picture.style][0].removesuffix(" of ") for picture in styled]
    added = [f"{style} | {content}" for style, content in zip(styles, contents, strict=True)]
    plain = dataclasses.replace(base, start="mean", learning_rate=FAST)
    prompts = {"the sentence": subjects.labels(), "addition": added, "content alone": contents, "style alone": styles}
    return Study(
        name="addition",
        title="Prompt addition against the sentence",
        claim="A content and a style, added, give a picture quite like that of one sentence (001 G.1, figure 17).",
        subjects=subjects,
        cells=tuple(Cell(label=label, settings=plain, tasks=prompted(said)) for label, said in prompts.items()),
    )


def masks(count: int, base: Settings) -> Study:
    """001 G.2, figure 18, inside and outside the mask, by different masks."""
    scenes = Scenes(scenes=replacements(WHICH, count, Naming.COLOURED), which=WHICH)
    before = scenes.before(base.side)
    true = [Image.fromarray(scenes.subject(i, base.side)) for i in range(count)]
    pairs = [(scene.source, scene.target) for scene in scenes.scenes]
    numbered = list(enumerate(zip(before, pairs, true, strict=True), start=1))
    found = tuple(Task(prompt=None, seed=i, init=init, replace=pair) for i, (init, pair, _) in numbered)
    drawn = tuple(Task(prompt=None, seed=i, init=init, replace=pair, mask=mask) for i, (init, pair, mask) in numbered)
    open_ = tuple(Task(prompt=pair[1], seed=i, init=init, strength=1.0) for i, (init, pair, _) in numbered)
    return Study(
        name="masks",
        title="Replacing a thing inside a found mask",
        claim="What the mask covers becomes the target, the rest stays; the mask is cut two standard deviations below "
        "the mean (001 G.2, figure 18).",
        subjects=scenes,
        cells=(
            Cell(label="found mask, the bundle's", settings=base, tasks=found),
            Cell(label="nearer than 2 deviations", settings=with_more(base, region_threshold=2.0), tasks=found),
            Cell(label="all but 2 deviations beyond", settings=with_more(base, region_threshold=-2.0), tasks=found),
            Cell(label="true mask", settings=base, tasks=drawn),
            Cell(label="no mask", settings=base, tasks=open_),
        ),
    )


def strength(count: int, base: Settings) -> Study:
    """How much of the input an edit keeps, and how often it does what it is asked for."""
    subjects = Edits(edits=edits(WHICH, count), which=WHICH)
    tasks = tuple(
        Task(prompt=edit.prompt, seed=i, init=init)
        for i, (edit, init) in enumerate(zip(subjects.edits, subjects.before(base.side), strict=True), start=1)
    )
    return Study(
        name="strength",
        title="An edit's strength against the structure it keeps",
        claim="Edits keep the structure of their input (001 §4, figures 5 to 7, where strength is always 1).",
        subjects=subjects,
        cells=tuple(
            Cell(label=f"strength {value:g}", settings=dataclasses.replace(base, strength=value), tasks=tasks)
            for value in (0.75, 0.0, 0.25, 0.5, 1.0)
        ),
    )


STUDIES: Mapping[str, Callable[[int, Settings], Study]] = {
    "regularisation": regularisation,
    "augmentations": augmentations,
    "addition": addition,
    "masks": masks,
    "strength": strength,
    "defaults": defaults,
    "sooner": sooner,
    "sooner-random": sooner_random,
}
"""By name; each takes how many pictures a cell has, and the settings that its cells change."""
