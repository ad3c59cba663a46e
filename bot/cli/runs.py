"""Go on with a saved run: ``resume``, ``continue``, ``branch`` and ``paint-over`` (paper appendix C)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.commissions import JOB_ID, Begun, Commission, bundles_here, in_style, read_file
from bot.cli.output import OutputPlan, painting
from bot.config import Config
from bot.errors import BadSetting, refusing
from bot.images import uploads
from bot.images.uploads import Prepared, digest
from bot.requests.gathering import prepared_upload
from bot.words import recipe
from bot.words.prompts import Wish, parse
from engine import incoming
from engine.messages import Ready, Saved, Spec, SpecError, StartRun
from engine.messages.resolution import (
    BRANCH_KEEPS,
    Machine,
    Means,
    Resolved,
    branched,
    bundle_named,
    check_asked,
    check_spec,
    continued,
)
from engine.messages.sizes import InitSize

_HASH_DIGITS = 12

RunFile = Annotated[Path, typer.Argument(metavar="FILE", help="A run that --checkpoint saved.")]
More = Annotated[int | None, typer.Option("--iterations", "-n", help="How many more; those that are left if left out.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Say how a saved run goes on."""

    more: int | None = None  # iterations; None makes those that are left
    wish: Wish | None = None  # other words
    painted: Path | None = None  # the run's picture with something painted over it


def resume(file: RunFile) -> OutputPlan:
    """Go on with a run to its end, as if it had never been interrupted, and save it in FILE again."""
    return _plan(file, Course(), saved_in=file)


def go_on(
    file: RunFile, iterations: Annotated[int, typer.Option("--iterations", "-n", help="How many more.")]
) -> OutputPlan:
    """Go on with a run for more iterations than it was to have, and save it in FILE again."""
    return _plan(file, Course(more=iterations), saved_in=file)


def branch(
    file: RunFile,
    prompt: Annotated[
        str, typer.Option("--prompt", "-p", help="The words from here on, and other settings, as “a cat --seed 3”.")
    ],
    iterations: More = None,
) -> OutputPlan:
    """Go on from a run by other words; the run in FILE stays as it is."""
    return _plan(file, Course(more=iterations, wish=_wish(prompt)))


def paint_over(
    file: RunFile,
    picture: Annotated[Path, typer.Option(help="The run's picture with something painted over it.")],
    prompt: Annotated[str | None, typer.Option("--prompt", "-p", help="Other words from here on.")] = None,
    iterations: More = None,
) -> OutputPlan:
    """Go on from a run's picture as you have painted over it; the run in FILE stays as it is."""
    wish = None if prompt is None else _wish(prompt)
    return _plan(file, Course(more=iterations, wish=wish, painted=picture))


def _wish(prompt: str) -> Wish:
    return in_style(parse(prompt, plain=False))


def _plan(file: Path, course: Course, saved_in: Path | None = None) -> OutputPlan:
    return OutputPlan(make=lambda config: _commission(_opened(file), course, config), saved_in=saved_in)


def _opened(path: Path) -> Saved:
    try:
        return Saved.from_bytes(read_file(path, BadSetting))
    except SpecError as error:
        raise BadSetting(f"{path} cannot be used: {error} `paint --checkpoint FILE` saves one.") from None


def _commission(saved: Saved, course: Course, config: Config) -> Commission:
    with refusing():
        bundle = bundle_named(saved.spec.bundle, bundles_here(saved.spec.bundle, config))
        if course.more is not None:
            check_asked({"iterations": course.more})
    if course == Course() and saved.iteration >= saved.spec.iterations:
        raise BadSetting(
            f"That run has made all of its {saved.iteration} iterations. `continue FILE --iterations 50` adds to them."
        )
    painted = None
    if course.painted is not None:
        painted = prepared_upload(read_file(course.painted), config.limits)
        _check_shape(painted, saved.spec)

    def begin(ready: Ready) -> Begun:
        with refusing():
            spec, notes = _resolve(saved, course, _means(saved, config, ready))
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
        facts = (*saved.facts, *_origin(saved, course, painted))
        return Begun(start=start, input_hash=saved.input_hash, facts=facts, notes=notes)

    return Commission(bundle=bundle, begin=begin)


def _check_shape(picture: Prepared, spec: Spec) -> None:
    try:
        incoming.check_painted((picture.width, picture.height), (spec.width, spec.height))
    except incoming.PictureError as error:
        raise BadSetting(str(error)) from None


def _means(saved: Saved, config: Config, ready: Ready) -> Means:
    spec = saved.spec
    init = InitSize(width=spec.width // spec.upscale, height=spec.height // spec.upscale, painted=True)
    return Means(
        info=ready.bundles[0],
        machine=Machine.of(ready),
        bounds=config.limits.bounds,
        init=init if saved.init_image else None,
        image_prompts=len(saved.image_prompts),
        masked=saved.mask is not None,
    )


def _resolve(saved: Saved, course: Course, means: Means) -> Resolved:
    spec, more, wish = saved.spec, course.more, course.wish
    if more is None and course != Course() and saved.iteration >= spec.iterations:
        more = means.info.iterations_edit
    if more is not None:
        spec, _ = continued(spec, saved.iteration, means, more)
    if wish is None:
        check_spec(spec, means)
        return spec, ()
    if wish.bundle not in (None, spec.bundle):
        raise SpecError(BRANCH_KEEPS)
    return branched(spec, wish.asked(), means)


def _origin(saved: Saved, course: Course, painted: Prepared | None) -> tuple[str, ...]:
    """Return what a recipe says of a run that words alone do not repeat."""
    if course.wish is None and painted is None:
        return ()
    state = digest(saved.state)[:_HASH_DIGITS]
    begun = f"from iteration {saved.iteration} of run {state}"
    if painted is None:
        return (begun,)
    over = f"painted over with {painted.input_hash[:_HASH_DIGITS]}"
    return (begun, over, *recipe.profiles_read({"painted over": painted.profile}))


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for name, command in (("resume", resume), ("continue", go_on), ("branch", branch), ("paint-over", paint_over)):
        app.command(name)(painting(command))
