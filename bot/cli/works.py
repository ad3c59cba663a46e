"""What the command line paints: from files and words to the command that an engine gets.

Everything that can be refused without an engine is refused while a :class:`Work` is made. All raise
:class:`bot.errors.UserError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config import Config, Limits
from bot.errors import BadSetting, BadSize, NotAPicture, UnknownBundle
from bot.images import masks, uploads
from bot.images.uploads import Prepared, digest
from bot.texts import refusals
from bot.words import recipe, specs, vocabulary
from bot.words.prompts import Wish, check_seed, check_strength, parse
from bot.words.sizes import Source
from engine.messages import BundleInfo, Ready, Spec, StartRun

JOB_ID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run about to start. ``input_hash`` and ``facts`` are for its recipe, ``notes`` sentences for the reader."""

    start: StartRun
    input_hash: str | None = None
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The bundle that a picture needs, and how its run begins once the engine has said what it can."""

    bundle: str
    begin: Callable[[Ready], Begun]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePrompt:
    """A picture to be guided towards, and its weight."""

    path: Path
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> ImagePrompt:
        """``FILE`` or ``FILE:weight``."""
        name, colon, weight = text.rpartition(":")
        try:
            return cls(path=Path(name), weight=float(weight)) if colon else cls(path=Path(text))
        except ValueError:
            return cls(path=Path(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A picture to paint anew: the wish, and the files that it is made with."""

    wish: Wish
    image: Path | None = None
    mask: Path | None = None
    image_prompts: tuple[ImagePrompt, ...] = ()
    editing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    image: Prepared | None = None
    mask: bytes | None = None
    image_prompts: tuple[Prepared, ...] = ()

    def facts(self) -> tuple[str, ...]:
        """For the bracket of a recipe."""
        return recipe.made_with(
            digest(self.mask) if self.mask else None, [one.input_hash for one in self.image_prompts]
        )


def new(task: Task, config: Config) -> Work:
    """The work of a :class:`Task`."""
    wish = _weighed(task)
    bundle = usable(wish.bundle or config.engine.default_bundle, config)
    if wish.style not in (None, "none"):
        raise BadSetting("Styles are kept by the bot on Discord. Here, write the style's words into the prompt.")
    alone = not (task.image_prompts or wish.more.get("noise_seeds"))
    specs.check_prompt(wish.prompt, config.limits, alone=alone)
    if wish.seed is not None:
        check_seed(wish.seed)
    if wish.strength is not None:
        check_strength(wish.strength)
    if wish.iterations is not None and wish.iterations < 1:
        raise BadSetting("Iterations are a whole number, 1 or more.")
    files = _read(task, config)

    def begin(ready: Ready) -> Begun:
        return _begin(task, wish, files, config, ready)

    return Work(bundle=bundle, begin=begin)


def _weighed(task: Task) -> Wish:
    """The wish with the weights of the image prompts, where its files or its words name any."""
    weights = tuple(one.weight for one in task.image_prompts)
    if "image_weights" in task.wish.more or all(weight == 1 for weight in weights):
        return task.wish
    return replace(task.wish, more={**task.wish.more, "image_weights": weights})


def usable(name: str, config: Config) -> str:
    """``name`` if it is a bundle of this installation."""
    if name not in config.engine.bundles:
        raise UnknownBundle(f"There is no bundle “{name}” here. There is: {', '.join(config.engine.bundles)}.")
    return name


def read_picture(path: Path, config: Config) -> Prepared:
    """The picture in a file."""
    limits = config.limits
    return uploads.prepare_image(
        read_file(path, NotAPicture), max_bytes=limits.max_upload_bytes, max_pixels=limits.max_input_pixels
    )


def read_file(path: Path, error: type[NotAPicture] | type[BadSetting]) -> bytes:
    """The content of a file."""
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise error(f"{path} cannot be read: {trouble.strerror}.") from None


def _read(task: Task, config: Config) -> _Files:
    image = read_picture(task.image, config) if task.image else None
    guides = tuple(read_picture(guide.path, config) for guide in task.image_prompts)
    if task.mask is None:
        return _Files(image=image, image_prompts=guides)
    if image is None:
        raise BadSetting(refusals.NOTHING_UNDER_MASK)
    mask = read_file(task.mask, NotAPicture)
    read_picture(task.mask, config)  # within the limits of files
    masks.check(mask, Source(width=image.width, height=image.height))
    return _Files(image=image, mask=mask, image_prompts=guides)


def _begin(task: Task, wish: Wish, files: _Files, config: Config, ready: Ready) -> Begun:
    image = files.image
    source = Source(width=image.width, height=image.height) if image else None
    machine = specs.Machine.of(ready)
    spec, notes = specs.wished(
        wish,
        ready.bundles[0],
        config.limits,
        machine,
        source=source,
        editing=task.editing,
        image_prompts=len(files.image_prompts),
    )
    given = spec.width // spec.upscale, spec.height // spec.upscale
    return Begun(
        start=StartRun(
            job_id=JOB_ID,
            spec=spec,
            init_image=uploads.fit(image.png, *given) if image else None,
            mask=uploads.fit_mask(files.mask, *given) if files.mask else None,
            image_prompts=tuple(guide.png for guide in files.image_prompts),
        ),
        input_hash=image.input_hash if image else None,
        facts=files.facts(),
        notes=(*(image.notes if image else ()), *notes),
    )


def enlarged(path: Path, by: int, prompt: str | None, iterations: int | None, config: Config) -> Work:
    """The picture in ``path`` at ``by`` times its size, refined by ``prompt`` or else the words of its recipe."""
    picture = read_picture(path, config)
    wish = _words(read_file(path, NotAPicture), prompt)
    wish = replace(wish, iterations=iterations or wish.iterations)
    bundle = usable(wish.bundle or config.engine.default_bundle, config)
    specs.check_prompt(wish.prompt, config.limits)

    def begin(ready: Ready) -> Begun:
        machine = specs.Machine.of(ready)
        size = picture.width, picture.height
        spec, notes = _enlarged_spec(wish, size, by, ready.bundles[0], config.limits, machine)
        init_image = uploads.fit(picture.png, spec.width // by, spec.height // by)
        start = StartRun(job_id=JOB_ID, spec=spec, init_image=init_image)
        return Begun(start=start, input_hash=picture.input_hash, notes=(*picture.notes, *notes))

    return Work(bundle=bundle, begin=begin)


def _words(png: bytes, prompt: str | None) -> Wish:
    """What to refine a picture by."""
    line = recipe.read(png)
    carried = parse(line) if line else Wish(prompt="")
    wish = (
        parse(prompt, plain=False) if prompt else Wish(prompt=carried.prompt, bundle=carried.bundle, seed=carried.seed)
    )
    if not wish.prompt:
        raise BadSetting("That picture carries no recipe. Say what it shows, as --prompt “a red car”.")
    return wish


def _enlarged_spec(
    wish: Wish, size: tuple[int, int], by: int, info: BundleInfo, limits: Limits, machine: specs.Machine
) -> tuple[Spec, tuple[str, ...]]:
    """A picture of ``size`` refined at ``by`` times as large, in tiles of the bundle's size; and sentences about it.

    Raises :class:`bot.errors.UserError` for one larger than the bundle paints, and when nothing of it is known.
    """
    width, height = info.snap(*size)
    if width * height > info.max_pixels:
        raise BadSize(refusals.too_large_to_enlarge(width, height, info.name, info.max_pixels))
    spec = Spec(
        prompt=wish.prompt,
        bundle=info.name,
        width=by * width,
        height=by * height,
        upscale=by,
        iterations=specs.iterations_within(wish.iterations, info, limits, editing=True, usual=info.iterations_upscale),
        seed=specs.new_seed() if wish.seed is None else check_seed(wish.seed),
        strength=specs.UPSCALE_STRENGTH * info.strength if wish.strength is None else check_strength(wish.strength),
        precision=info.precision,
        threads=machine.threads,
    )
    notes = () if (width, height) == size else (refusals.shrunk(width, height),)
    return spec, (*notes, *vocabulary.check(spec.prompt, info))
