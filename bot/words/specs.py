"""From a wish to a spec: defaults filled in, limits kept, sizes snapped to what the generator can make."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.config import Limits
from bot.errors import BadSetting, EmptyPrompt, PromptTooLong
from bot.texts import refusals
from bot.words import sizes, vocabulary
from bot.words.prompts import SEEDS, Wish, check_seed, check_strength
from bot.words.sizes import Source
from engine import messages
from engine.messages import BundleInfo, PromptError, Ready, Spec, SpecError, parse_story

NO_PRESET = "none"
UPSCALE_STRENGTH = 0.5  # of the bundle's own: refine what is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a spec takes from the engine, as a repeated seed needs them to be the same.

    ``threads`` are those of a job that names none; one that repeats another may have as many as there are ``cores``.
    """

    threads: int
    cores: int

    @classmethod
    def of(cls, ready: Ready) -> Machine:
        """What an engine said of itself."""
        return cls(threads=ready.threads, cores=max(ready.cores, ready.threads))


def wished(
    wish: Wish,
    info: BundleInfo,
    limits: Limits,
    machine: Machine,
    *,
    source: Source | None,
    editing: bool,
    image_prompts: int = 0,
) -> tuple[Spec, tuple[str, ...]]:
    """The spec, and sentences about what was changed; ``image_prompts`` is how many pictures guide it.

    Raises :class:`bot.errors.UserError` for what cannot be.
    """
    preset = preset_values(wish, info)
    more, notes = _arithmetic({**preset, **wish.more}, info, machine)
    width, height, size_notes = sizes.chosen(wish, info, limits, source)
    alone = _alone(image_prompts, more)
    iterations = iterations_within(wish.iterations, info, limits, editing, more.pop("iterations", None))
    strength = more.pop("strength", info.strength)
    spec = Spec(
        prompt=check_prompt(wish.prompt, limits, info, alone=alone),
        bundle=info.name,
        width=width,
        height=height,
        iterations=iterations,
        seed=new_seed() if wish.seed is None else check_seed(wish.seed),
        strength=strength if wish.strength is None else check_strength(wish.strength),
        **more,
    )
    _check(spec, info, limits, source, image_prompts)
    return spec, (*size_notes, *notes, *_of_other_weights(wish, info), *_unknown(spec, info))


def _alone(image_prompts: int, more: Mapping[str, Any]) -> bool:
    """Whether words must say what to paint, since no picture and no noise does."""
    return not (image_prompts or more.get("noise_seeds"))


def _unknown(spec: Spec, info: BundleInfo) -> tuple[str, ...]:
    """What its words say beyond what the bundle knows. Raises :class:`bot.errors.UnknownWords` for nothing else."""
    return vocabulary.check(spec.prompt, info) if spec.prompt else ()


def preset_values(wish: Wish, info: BundleInfo) -> Mapping[str, Any]:
    """The settings of the preset wished for; of the bundle's for replacement where something is replaced."""
    replacing = wish.more.get("replace") and any(preset.name == "replace" for preset in info.presets)
    name = wish.preset or ("replace" if replacing else NO_PRESET)
    try:
        return {} if name == NO_PRESET else info.preset(name)
    except SpecError as error:
        raise BadSetting(str(error)) from None


def _arithmetic(more: Mapping[str, Any], info: BundleInfo, machine: Machine) -> tuple[dict[str, Any], tuple[str, ...]]:
    """With a recipe's precision and threads, as far as the machine has them, or else its own; and a note if not."""
    wanted = more.get("threads", machine.threads)
    note = refusals.other_threads(wanted, machine.cores)
    values = {"precision": info.precision, **more, "threads": min(wanted, machine.cores)}
    return values, (note,) if wanted > machine.cores else ()


def _of_other_weights(wish: Wish, info: BundleInfo) -> tuple[str, ...]:
    if wish.weights is None or wish.weights == info.weights_hash:
        return ()
    return (refusals.other_weights(wish.weights, info.weights_hash),)


def check(spec: Spec, info: BundleInfo, limits: Limits, *, image_prompts: int = 0) -> None:
    """Raises :class:`bot.errors.UserError` unless it can be painted here, guided by so many pictures."""
    if spec.cutouts is not None and spec.cutouts > limits.max_cutouts:
        raise BadSetting(refusals.cutouts_beyond(spec.cutouts, limits.max_cutouts))
    if len(spec.image_weights) not in (0, image_prompts):
        raise BadSetting(refusals.weights_of_others(len(spec.image_weights), image_prompts))
    iterations_within(spec.iterations, info, limits, editing=False)
    try:
        messages.check(spec, info)
    except SpecError as error:
        raise BadSetting(str(error)) from None


def _check(spec: Spec, info: BundleInfo, limits: Limits, source: Source | None, image_prompts: int) -> None:
    if source is None and (spec.replace or spec.upscale > 1):
        raise BadSetting(refusals.NOTHING_TO_START_FROM)
    check(spec, info, limits, image_prompts=image_prompts)


def rerun(spec: Spec, info: BundleInfo, limits: Limits, machine: Machine) -> tuple[Spec, tuple[str, ...]]:
    """The same with a new seed, and sentences about it.

    Raises :class:`bot.errors.UserError` when it is not allowed, or not known, by now.
    """
    sizes.check_pixels(spec.width, spec.height, info, sizes.most_pixels(info, limits, spec.upscale))
    again = replace(spec, seed=new_seed(), precision=info.precision, threads=machine.threads)
    return again, _unknown(spec, info)


def remixed(
    spec: Spec,
    wish: Wish,
    info: BundleInfo,
    limits: Limits,
    machine: Machine,
    *,
    source: Source | None,
    image_prompts: int = 0,
) -> tuple[Spec, tuple[str, ...]]:
    """The same with what is wished for changed and a seed of its own, unless that is given; and sentences about it.

    Raises :class:`bot.errors.UserError` for what cannot be.
    """
    wish = replace(wish, prompt=wish.prompt or spec.prompt, size=wish.size or (spec.width, spec.height))
    more, notes = _arithmetic({**preset_values(wish, info), **wish.more}, info, machine)
    width, height, size_notes = sizes.chosen(wish, info, limits, source)
    iterations = more.pop("iterations", spec.iterations)
    iterations = iterations if wish.iterations is None else wish.iterations
    strength = more.pop("strength", spec.strength)
    alone = _alone(image_prompts, {"noise_seeds": spec.noise_seeds, **more})
    kept = {"schedule_iterations": spec.schedule_iterations if iterations == spec.iterations else None}
    changes = {
        "prompt": check_prompt(wish.prompt, limits, info, alone=alone),
        "bundle": info.name,
        "width": width,
        "height": height,
        "iterations": iterations_within(iterations, info, limits, editing=source is not None),
        "seed": new_seed() if wish.seed is None else check_seed(wish.seed),
        "strength": strength if wish.strength is None else check_strength(wish.strength),
    }
    changed = replace(spec, **{**kept, **changes, **more})
    _check(changed, info, limits, source, image_prompts)
    return changed, (*size_notes, *notes, *_of_other_weights(wish, info), *_unknown(changed, info))


def continued(spec: Spec, done: int, info: BundleInfo, limits: Limits) -> tuple[Spec, tuple[str, ...]]:
    """Half as many iterations as a new picture takes, after ``done`` of them; and sentences about it.

    Everything else stays, so that the run's checkpoint fits. Raises :class:`bot.errors.BadSetting` when it has as many
    as are possible.
    """
    if spec.strength == 0:
        raise BadSetting(refusals.NOTHING_LEFT_TO_PAINT)
    most = min(info.max_iterations, limits.max_iterations)
    if done >= most:
        raise BadSetting(refusals.no_more_iterations(done, most))
    iterations = min(done + max(1, info.iterations // 2), most)
    return spec.continued(iterations), (refusals.more_iterations(iterations - done, iterations),)


def upscaled(
    spec: Spec, wish: Wish, info: BundleInfo, limits: Limits, machine: Machine, *, image_prompts: int = 0
) -> tuple[Spec, tuple[str, ...]]:
    """The picture of ``spec`` larger by the wished factor, twice by itself, refined in tiles; and sentences about it.

    Raises :class:`bot.errors.UserError` beyond the largest size, for what cannot be, or is not known by now.
    """
    more, notes = _arithmetic(wish.more, info, machine)
    factor = more.get("upscale", 2)
    width, height = factor * spec.width, factor * spec.height
    sizes.check_pixels(width, height, info, sizes.most_pixels(info, limits, factor))
    alone = _alone(image_prompts, {"noise_seeds": spec.noise_seeds, **more})
    kept = {"upscale": factor, "schedule_iterations": None, "replace": ""}  # what was replaced is
    changes = {
        "prompt": check_prompt(wish.prompt or spec.prompt, limits, info, alone=alone),
        "bundle": info.name,
        "width": width,
        "height": height,
        "iterations": iterations_within(wish.iterations, info, limits, editing=True, usual=info.iterations_upscale),
        "seed": spec.seed if wish.seed is None else check_seed(wish.seed),
        "strength": UPSCALE_STRENGTH * info.strength if wish.strength is None else check_strength(wish.strength),
    }
    larger = replace(spec, **{**kept, **changes, **more})
    if larger.replace:
        raise BadSetting(refusals.UPSCALE_REPLACES_NOTHING)
    _check(larger, info, limits, Source(width=spec.width, height=spec.height), image_prompts)
    return larger, (*notes, *_unknown(larger, info))


def upscaled_upload(
    wish: Wish, info: BundleInfo, limits: Limits, machine: Machine, *, source: Source | None
) -> tuple[Spec, tuple[str, ...]]:
    """Of a member's picture, from the size in which it would be edited. Raises as :func:`upscaled`."""
    plain = replace(wish, more={**wish.more, "upscale": 1})
    spec, notes = wished(plain, info, limits, machine, source=source, editing=True)
    larger, _ = upscaled(spec, wish, info, limits, machine)
    return larger, notes


def check_prompt(prompt: str, limits: Limits, info: BundleInfo | None = None, *, alone: bool = True) -> str:
    """The prompt on one line. Raises :class:`bot.errors.UserError` when it cannot be painted.

    With pictures or noise to be guided by (not ``alone``) it may be empty. A word has at least one token, so a part
    with more words than ``info``'s perceptors read is refused before it waits in line; the engine counts exactly.
    """
    prompt = " ".join(prompt.split())
    if alone and not prompt:
        raise EmptyPrompt()
    if len(prompt) > limits.max_prompt_chars:
        raise PromptTooLong(refusals.prompt_too_long(len(prompt), limits.max_prompt_chars))
    try:
        story = parse_story(prompt, alone=alone)
    except PromptError as error:
        raise EmptyPrompt(str(error)) from None
    longest = max((len(part.text.split()) for phase in story for part in phase.prompts), default=0)
    if info is not None and longest > info.max_tokens:
        raise PromptTooLong(refusals.part_too_long(longest, info.name, info.max_tokens))
    return prompt


def new_seed() -> int:
    return secrets.randbelow(SEEDS)


def iterations_within(
    wanted: int | None, info: BundleInfo, limits: Limits, editing: bool, usual: int | None = None
) -> int:
    """As many as are wished for, or else the ``usual``, or the bundle's. Raises :class:`bot.errors.BadSetting`."""
    most = min(info.max_iterations, limits.max_iterations)
    if wanted is None:
        return min(usual or (info.iterations_edit if editing else info.iterations), most)
    if not 1 <= wanted <= most:
        raise BadSetting(refusals.iterations_beyond(wanted, most))
    return wanted
