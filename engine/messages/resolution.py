"""One path from what was asked for to a :class:`Spec`, for Discord, the command line and Python.

The first of these that names a setting decides it: what was asked for, the preset, a member's, a channel's and a
server's own settings, the bundle, the default. Every function raises :class:`SpecError` or :class:`PromptError`, with
a sentence for whoever asked, for a picture that cannot be painted.
"""

from __future__ import annotations

import dataclasses
import difflib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from engine.messages import sizes, vocabulary
from engine.messages.limits import Choices, Limit
from engine.messages.pipe import Ready
from engine.messages.prompts import PromptError, parse_story, told
from engine.messages.sizes import InitSize
from engine.messages.spec import SEEDS, BundleInfo, Spec, SpecError, check, check_value, settings

NO_PRESET = "none"
DRAWN_SEED = -1  # asks for a drawn seed, as leaving the seed out does
UPSCALE_STRENGTH = 0.5  # times the bundle's strength: an upscale refines what is there
NOTHING_UNDER_MASK = "A mask needs a picture to lie on. Give the picture too."
NOTHING_TO_START_FROM = "To replace something, or to upscale, I need a picture to start from."
NOTHING_LEFT_TO_PAINT = "An edit of strength 0 keeps its picture: there is nothing to paint on. Try Remix."
UPSCALE_IS_WHOLE = (
    "An upscale refines all of a picture as it is: leave the mask, the replacement and the image prompt out."
)
UPSCALE_REPLACES_NOTHING = "An upscale refines all of a picture as it is: leave the replacement out."
BRANCH_KEEPS = "A branch keeps the bundle and the size of its run."
_OWN = ("seed", "strength", "size", "iterations", "bundle", "style", "preset")
_OTHERWISE = ("prompt", "bundle", "width", "height", "iterations", "seed", "strength")

Resolved: TypeAlias = tuple[Spec, tuple[str, ...]]
"""A spec, and notes for whoever asked about what was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Hold what an operator allows besides a bundle's own limits."""

    max_prompt_chars: int = 4000
    max_pixels: int = 2**32
    max_iterations: int = 10**6
    max_cutouts: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The engine's CPU threads. A spec records them: a seed repeats exactly only with the same number."""

    threads: int  # of a job that names no number
    cores: int  # the most that a job may name

    @classmethod
    def of(cls, ready: Ready) -> Machine:
        """Read what an engine said of itself."""
        return cls(threads=ready.threads, cores=max(ready.cores, ready.threads))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Hold what somebody asked for, in layers. Settings are fields of :class:`Spec`; ``size`` is (width, height)."""

    prompt: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  # named in the request itself
    preset: str | None = None  # the name of a bundle's settings for a kind of edit
    held: Mapping[str, Any] = field(default_factory=dict)  # set by the member, the channel or the server
    weights: str | None = None  # the hash of the weights that a recipe was painted with


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Hold what a picture is painted with."""

    info: BundleInfo
    machine: Machine
    bounds: Bounds = field(default_factory=Bounds)
    init: InitSize | None = None  # the picture to start from
    image_prompts: int = 0  # how many pictures guide it
    masked: bool = False

    @property
    def most_iterations(self) -> int:
        return min(self.info.max_iterations, self.bounds.max_iterations)


# Names and values of settings


def table() -> Mapping[str, Limit]:
    """Return the settings without a field of their own in a request, by name."""
    return {name: limit for name, limit in settings().items() if name not in _OTHERWISE}


def names() -> tuple[str, ...]:
    """Return every setting as it is typed."""
    return (*_OWN, *(typed(name) for name in table()))


def typed(name: str) -> str:
    """Return the name of a setting as people type it."""
    return name.replace("_", "-")


def setting_named(name: str) -> str:
    """Return the setting that ``name`` means. Raises :class:`SpecError`, which names the nearest."""
    found = name.lower().replace("-", "_")
    if found in _OWN or found in table():
        return found
    near = difflib.get_close_matches(typed(found), names(), n=1)
    meant = f" Did you mean “{near[0]}”?" if near else ""
    raise SpecError(
        f"There is no setting “{name[:40]}”.{meant} I know {', '.join(names())}. {to_paint(f'--{name[:40]}')}"
    )


def to_paint(*texts: str) -> str:
    """Say how words that read as settings are painted as they stand."""
    listed = ", \\".join(texts)
    return f"Write \\{listed} to paint the words themselves."


def check_asked(asked: Mapping[str, Any], choices: Choices | None = None) -> None:
    """Raise :class:`SpecError` for a value that its setting cannot have; ``choices`` are the engine's tables if known.

    This needs no engine, so that a door can refuse at once.
    """
    for name, value in asked.items():
        if name == "size":
            sizes.check_size(value)
        elif name != "seed" or value != DRAWN_SEED:
            check_value(name, value, choices or {})


def bundle_named(name: str, known: Iterable[str]) -> str:
    """Return ``name`` if it is in ``known``. Raises :class:`SpecError` otherwise."""
    if name not in known:
        raise SpecError(f"There is no bundle “{name[:40]}” here. There is: {', '.join(sorted(known))}.")
    return name


def new_seed() -> int:
    """Draw a seed."""
    return secrets.randbelow(SEEDS)


# Specs


def enlarges(asked: Mapping[str, Any], *, has_init: bool) -> bool:
    """Return whether an ``upscale`` asks for the init picture larger.

    With a size besides, it is the recipe of an upscale, which is repeated as it stands.
    """
    return has_init and asked.get("upscale", 1) != 1 and "size" not in asked


def painted(asked: Asked, means: Means, *, editing: bool) -> Resolved:
    """Resolve a new picture; ``editing`` takes the bundle's number of iterations for an edit."""
    check_asked(asked.settings, dict(means.info.choices))
    if enlarges(asked.settings, has_init=means.init is not None):
        return _enlarged(asked, means)
    info = means.info
    usual = info.iterations_edit if editing else info.iterations
    base = {"iterations": min(usual, means.most_iterations), "strength": info.strength, "seed": new_seed()}
    return _resolved(asked, {**base, **_arithmetic(means)}, means)


def remixed(spec: Spec, asked: Asked, means: Means) -> Resolved:
    """Resolve ``spec`` with what is asked for changed, and another seed unless one is asked for."""
    base = {**_fields(spec), "seed": new_seed(), **_arithmetic(means)}
    changed, notes = _resolved(asked, base, means)
    if changed.iterations != spec.iterations and "schedule_iterations" not in asked.settings:
        changed = dataclasses.replace(changed, schedule_iterations=None)
    return changed, notes


def upscaled(spec: Spec, asked: Asked, means: Means) -> Resolved:
    """Resolve the picture of ``spec`` larger by the asked factor, or twice, refined in tiles."""
    check_asked(asked.settings, dict(means.info.choices))
    if asked.settings.get("replace"):
        raise SpecError(UPSCALE_REPLACES_NOTHING)
    info, factor = means.info, asked.settings.get("upscale", 2)
    base = {
        **_fields(spec),
        **_arithmetic(means),
        "upscale": factor,
        "schedule_iterations": None,
        "replace": "",  # the picture has the replacement already
        "iterations": min(info.iterations_upscale, means.most_iterations),
        "strength": UPSCALE_STRENGTH * info.strength,
    }
    size = factor * spec.width, factor * spec.height
    larger = dataclasses.replace(asked, settings={**asked.settings, "size": size})
    init = InitSize(width=spec.width, height=spec.height, painted=True)
    return _resolved(larger, base, dataclasses.replace(means, init=init))


def branched(spec: Spec, asked: Asked, means: Means) -> Resolved:
    """Resolve ``spec`` with what is asked for changed, at the same size, with the same seed unless one is asked for."""
    if asked.settings.get("size") not in (None, (spec.width, spec.height)) or means.info.name != spec.bundle:
        raise SpecError(BRANCH_KEEPS)
    return _resolved(asked, _fields(spec), means)


def continued(spec: Spec, done: int, means: Means, more: int | None = None) -> Resolved:
    """Resolve ``spec`` with ``more`` iterations after ``done``, or with half as many as a new picture takes.

    Everything else stays, so that the checkpoint of the run fits.
    """
    if spec.strength == 0:
        raise SpecError(NOTHING_LEFT_TO_PAINT)
    most = means.most_iterations
    if more is not None:
        check_iterations(done + more, most)
        return spec.continued(done + more), ()
    if done >= most:
        raise SpecError(f"It has {done:,} iterations already, and {most:,} are as many as I paint here.")
    iterations = min(done + max(1, means.info.iterations // 2), most)
    return spec.continued(iterations), (f"{iterations - done:,} more iterations, {iterations:,} in all.",)


def _enlarged(asked: Asked, means: Means) -> Resolved:
    """Resolve a picture that Faraday did not paint, larger than the size in which it would be edited."""
    if means.masked or means.image_prompts:
        raise SpecError(UPSCALE_IS_WHOLE)
    if asked.settings.get("replace"):
        raise SpecError(UPSCALE_REPLACES_NOTHING)
    assert means.init is not None
    others = {name: value for name, value in asked.settings.items() if name != "upscale"}
    given, notes = painted(dataclasses.replace(asked, settings=others), means, editing=True)
    if (given.width, given.height) != (means.init.width, means.init.height):
        notes = (*notes, f"The picture became {sizes.told(given.width, given.height)} before it was enlarged.")
    larger, _ = upscaled(given, asked, means)
    return larger, notes


def _fields(spec: Spec) -> dict[str, Any]:
    values = {one.name: getattr(spec, one.name) for one in dataclasses.fields(spec)}
    return {**values, "size": (values.pop("width"), values.pop("height"))}


def _arithmetic(means: Means) -> dict[str, Any]:
    return {"precision": means.info.precision, "threads": means.machine.threads}


def _resolved(asked: Asked, base: Mapping[str, Any], means: Means) -> Resolved:
    """Lay what is asked for over the preset, over the settings held, over ``base``; and check the whole."""
    info = means.info
    check_asked(asked.settings, dict(info.choices))
    values = {**base, **asked.held, **_preset(asked, means), **asked.settings}
    if values["seed"] == DRAWN_SEED:
        values["seed"] = base["seed"]
    factor = values.get("upscale", 1) if means.init is not None else 1
    most = min(info.max_pixels * factor**2, means.bounds.max_pixels)  # an upscale needs the memory of its input
    width, height, notes = sizes.chosen(values.pop("size", None), info, most, means.init)
    threads = values["threads"]
    if threads > means.machine.cores:
        values["threads"] = means.machine.cores
        notes = (*notes, f"That recipe is of {threads} threads and I have {means.machine.cores}: its pixels may "
                         "differ a little.")  # fmt: skip
    alone = not (means.image_prompts or values.get("noise_seeds"))
    prompt = check_prompt(asked.prompt or base.get("prompt", ""), means.bounds, info, alone=alone)
    spec = Spec(**{**values, "prompt": prompt, "bundle": info.name, "width": width, "height": height})
    check_spec(spec, means)
    unknown = vocabulary.check(prompt, info) if prompt else ()
    read = told(prompt) if asked.prompt and asked.weights is None else ()
    return spec, (*notes, *read, *_other_weights(asked, info), *unknown)


def _preset(asked: Asked, means: Means) -> Mapping[str, Any]:
    """Return the settings of the preset asked for; for a replacement the bundle's own preset of that name."""
    info = means.info
    replacing = asked.settings.get("replace") and any(preset.name == "replace" for preset in info.presets)
    name = asked.preset or ("replace" if replacing else NO_PRESET)
    values = {} if name == NO_PRESET else dict(info.preset(name))
    if "iterations" in values:
        values["iterations"] = min(values["iterations"], means.most_iterations)
    return values


def _other_weights(asked: Asked, info: BundleInfo) -> tuple[str, ...]:
    if asked.weights in (None, info.weights_hash):
        return ()
    return (
        f"That recipe is of other weights than mine ({asked.weights}, not {info.weights_hash}): expect another "
        "picture.",
    )


def check_prompt(prompt: str, bounds: Bounds, info: BundleInfo | None = None, *, alone: bool = True) -> str:
    """Return the prompt on one line.

    With pictures or noise to be guided by (not ``alone``) it may be empty. A word has at least one token, so a part
    with more words than the perceptors read is refused here; the engine counts the tokens.
    """
    prompt = " ".join(prompt.split())
    most = bounds.max_prompt_chars
    if len(prompt) > most:
        raise PromptError(f"That prompt has {len(prompt):,} characters and I read up to {most:,}. Please shorten it.")
    story = parse_story(prompt, alone=alone)
    longest = max((len(part.text.split()) for phase in story for part in phase.prompts), default=0)
    if info is not None and longest > info.max_tokens:
        raise PromptError(
            f"That prompt has {longest} words in one part, and the bundle {info.name} reads up to {info.max_tokens}. "
            "Shorten it, or split it into parts with |"
        )
    return prompt


def check_iterations(wanted: int, most: int) -> None:
    """Raise :class:`SpecError` unless ``wanted`` is from 1 to ``most``."""
    if not 1 <= wanted <= most:
        raise SpecError(f"{wanted:,} iterations are not possible here. Choose from 1 to {most:,}.")


def check_spec(spec: Spec, means: Means) -> None:
    """Raise :class:`SpecError` unless ``spec`` can be painted with ``means``; its prompt is not read."""
    bounds = means.bounds
    if means.init is None and means.masked:
        raise SpecError(NOTHING_UNDER_MASK)
    if means.init is None and (spec.replace or spec.upscale > 1):
        raise SpecError(NOTHING_TO_START_FROM)
    if spec.cutouts is not None and spec.cutouts > bounds.max_cutouts:
        raise SpecError(f"cutouts is {spec.cutouts}; it must be a whole number from 1 to {bounds.max_cutouts} here.")
    weights = len(spec.image_weights)
    if weights not in (0, means.image_prompts):
        pictures = f"{means.image_prompts} image prompt{'s' if means.image_prompts != 1 else ''}"
        raise SpecError(
            f"image_weights has {weights} weights for {pictures}; it must be left out, or have one number for each."
        )
    check_iterations(spec.iterations, means.most_iterations)
    check(spec, means.info)
