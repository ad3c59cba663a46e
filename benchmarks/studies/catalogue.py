"""Define the studies of what the paper claims. Those of the starter models' own settings are in ``defaults.py``."""

import dataclasses
from collections.abc import Callable, Mapping

from PIL import Image

from benchmarks.alignment.prompts import edits, pictures
from benchmarks.alignment.scenes import Naming, replacements
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings, PaintTask
from benchmarks.studies.defaults import defaults
from benchmarks.studies.sooner import sooner, sooner_random
from benchmarks.studies.study import FAST, Study, Variant, prompted, with_more
from benchmarks.studies.subjects import Edits, Prompts, Scenes
from engine.method.cutouts import AUGMENTATIONS
from training.picturebook.captions import full_caption
from training.picturebook.words import STYLE_WORDS

WHICH = PromptList.DEV  # A study may choose settings, so none looks at the list that figures are reported on.


def regularisation(count: int, base: PaintSettings) -> Study:
    """Compare regularisers from random codes and from the learned start (paper §5.1, figure 8)."""
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
        "(paper §5.1, figure 8).",
        subjects=subjects,
        variants=tuple(Variant(label=label, settings=chosen, tasks=tasks) for label, chosen in settings.items()),
    )


def augmentations(count: int, base: PaintSettings) -> Study:
    """Compare augmentations from the mean code, as a learned start has a layout already (paper §5.2, figure 9)."""
    subjects = Prompts(pictures=pictures(WHICH, count), which=WHICH)
    plain = dataclasses.replace(base, start="mean", learning_rate=FAST)
    chosen = {"all": tuple(AUGMENTATIONS), "none": (), **{f"{name} alone": (name,) for name in AUGMENTATIONS}}
    return Study(
        name="augmentations",
        title="Each augmentation alone, all, none",
        claim="All together give the most consistent pictures; affine reduces clutter and duplicates, perspective "
        "makes geometry consistent, noise parts the foreground from the background (paper §5.2, figure 9).",
        subjects=subjects,
        variants=tuple(
            Variant(label=label, settings=with_more(plain, augmentations=names), tasks=prompted(subjects.labels()))
            for label, names in chosen.items()
        ),
    )


def addition(count: int, base: PaintSettings) -> Study:
    """Compare two prompts with one sentence, from the mean code (paper appendix G.1, figure 17)."""
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
        claim="A content and a style, added, give a picture quite like that of one sentence "
        "(paper appendix G.1, figure 17).",
        subjects=subjects,
        variants=tuple(Variant(label=label, settings=plain, tasks=prompted(said)) for label, said in prompts.items()),
    )


def masks(count: int, base: PaintSettings) -> Study:
    """Compare masks by what changes inside and outside them (paper appendix G.2, figure 18)."""
    asked = replacements(WHICH, count, Naming.COLOURED)
    scenes = Scenes(scenes=asked, edits=[scene.edit for scene in asked], which=WHICH)
    before = scenes.before(base.side)
    true = [Image.fromarray(scenes.subject(i, base.side)) for i in range(count)]
    pairs = [(scene.source, scene.target) for scene in asked]
    numbered = list(enumerate(zip(before, pairs, strict=True), start=1))
    found = tuple(PaintTask(prompt=None, seed=i, init=init, replace=pair) for i, (init, pair) in numbered)
    drawn = tuple(dataclasses.replace(task, mask=mask) for task, mask in zip(found, true, strict=True))
    open_ = tuple(PaintTask(prompt=pair[1], seed=i, init=init, strength=1.0) for i, (init, pair) in numbered)
    return Study(
        name="masks",
        title="Replacing a thing inside a found mask",
        claim="What the mask covers becomes the target, the rest stays; the mask is cut two standard deviations below "
        "the mean (paper appendix G.2, figure 18).",
        subjects=scenes,
        variants=(
            Variant(label="found mask, the bundle's", settings=base, tasks=found),
            Variant(label="nearer than 2 deviations", settings=with_more(base, region_threshold=2.0), tasks=found),
            Variant(label="all but 2 deviations beyond", settings=with_more(base, region_threshold=-2.0), tasks=found),
            Variant(label="true mask", settings=base, tasks=drawn),
            Variant(label="no mask", settings=base, tasks=open_),
        ),
    )


def strength(count: int, base: PaintSettings) -> Study:
    """Compare strengths by how much an edit keeps and how often it does what it is asked for."""
    subjects = Edits(edits=edits(WHICH, count), which=WHICH)
    tasks = tuple(
        PaintTask(prompt=edit.prompt, seed=i, init=init)
        for i, (edit, init) in enumerate(zip(subjects.edits, subjects.before(base.side), strict=True), start=1)
    )
    return Study(
        name="strength",
        title="An edit's strength against the structure it keeps",
        claim="Edits keep the structure of their input (paper §4, figures 5 to 7, where strength is always 1).",
        subjects=subjects,
        variants=tuple(
            Variant(label=f"strength {value:g}", settings=dataclasses.replace(base, strength=value), tasks=tasks)
            for value in (0.75, 0.0, 0.25, 0.5, 1.0)
        ),
    )


STUDIES: Mapping[str, Callable[[int, PaintSettings], Study]] = {
    "regularisation": regularisation,
    "augmentations": augmentations,
    "addition": addition,
    "masks": masks,
    "strength": strength,
    "defaults": defaults,
    "sooner": sooner,
    "sooner-random": sooner_random,
}
