"""Going on from a saved run: to its end, beyond it, to other words, or over what somebody painted on it (app. C)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cli.works import JOB_ID, Begun, Work, read_file, read_picture, usable
from bot.config import Config, Limits
from bot.errors import BadSetting
from bot.images import uploads
from bot.images.uploads import digest
from bot.texts.numbers import size
from bot.words import specs, vocabulary
from bot.words.prompts import Wish
from engine.messages import BundleInfo, Ready, Saved, Spec, SpecError, StartRun

_HASH_DIGITS = 12
_SHAPE = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a saved run goes on: for ``more`` iterations (None: those that are left), by other words, over a picture."""

    more: int | None = None
    wish: Wish | None = None
    painted: Path | None = None

    @property
    def unchanged(self) -> bool:
        return self == Course()


def opened(path: Path) -> Saved:
    """The run in a file. Raises :class:`bot.errors.BadSetting` for what is none."""
    try:
        return Saved.from_bytes(read_file(path, BadSetting))
    except SpecError as error:
        raise BadSetting(f"{path} cannot be used: {error} `paint --checkpoint FILE` saves one.") from None


def going_on(saved: Saved, course: Course, config: Config) -> Work:
    """The work of it. Raises :class:`bot.errors.UserError`."""
    bundle = usable(saved.spec.bundle, config)
    if course.more is not None and course.more < 1:
        raise BadSetting("Iterations are a whole number, 1 or more.")
    if course.unchanged and saved.iteration >= saved.spec.iterations:
        raise BadSetting(
            f"That run has made all of its {saved.iteration} iterations. `continue FILE --iterations 50` adds to them."
        )
    painted = None
    if course.painted is not None:
        painted = read_picture(course.painted, config)
        _check_shape(painted.width, painted.height, saved.spec)

    def begin(ready: Ready) -> Begun:
        spec, notes = _spec(saved, course, config, ready)
        origin = _origin(saved, course, painted)
        start = StartRun(
            job_id=JOB_ID,
            spec=spec,
            init_image=saved.init_image,
            mask=saved.mask,
            image_prompts=saved.image_prompts,
            resume_from=saved.state,
            branch=course.wish is not None,
            painted=uploads.fit(painted.png, spec.width, spec.height) if painted else None,
        )
        return Begun(start=start, input_hash=saved.input_hash, facts=(*saved.facts, *origin), notes=notes)

    return Work(bundle=bundle, begin=begin)


def _check_shape(width: int, height: int, spec: Spec) -> None:
    if abs(math.log(width / height * spec.height / spec.width)) > _SHAPE:
        raise BadSetting(
            f"That picture is {size(width, height)} and the run's {size(spec.width, spec.height)}: paint over the "
            "picture that the run has made, and keep its shape."
        )


def _spec(saved: Saved, course: Course, config: Config, ready: Ready) -> tuple[Spec, tuple[str, ...]]:
    spec, info, more = saved.spec, ready.bundles[0], course.more
    if more is None and not course.unchanged and saved.iteration >= spec.iterations:
        more = info.iterations_edit
    if more is not None:
        spec = spec.continued(saved.iteration + more)
    if course.wish is None:
        specs.check(spec, info, config.limits)
        return spec, ()
    pictures = len(saved.image_prompts)
    return _branched(spec, course.wish, info, config.limits, image_prompts=pictures)


def _origin(saved: Saved, course: Course, painted: uploads.Prepared | None) -> tuple[str, ...]:
    """What a recipe tells of how it came to be, where words alone do not repeat it."""
    if course.wish is None and painted is None:
        return ()
    state = digest(saved.state)[:_HASH_DIGITS]
    over = () if painted is None else (f"painted over with {painted.input_hash[:_HASH_DIGITS]}",)
    return (f"from iteration {saved.iteration} of run {state}", *over)


def _branched(
    spec: Spec, wish: Wish, info: BundleInfo, limits: Limits, *, image_prompts: int = 0
) -> tuple[Spec, tuple[str, ...]]:
    """``spec`` with what ``wish`` names in place of its own, at the same size; and sentences about it.

    Raises :class:`bot.errors.UserError` for what cannot be.
    """
    if wish.bundle not in (None, spec.bundle) or wish.size not in (None, (spec.width, spec.height)):
        raise BadSetting("A branch keeps the bundle and the size of its run.")
    given = {"iterations": wish.iterations, "seed": wish.seed, "strength": wish.strength}
    changed = replace(
        spec,
        **{
            **specs.preset_values(wish, info),
            **{name: value for name, value in given.items() if value is not None},
            **wish.more,
        },
        prompt=specs.check_prompt(
            wish.prompt or spec.prompt, limits, info, alone=not (image_prompts or spec.noise_seeds)
        ),
    )
    specs.check(changed, info, limits, image_prompts=image_prompts)
    return changed, vocabulary.check(changed.prompt, info) if changed.prompt else ()
