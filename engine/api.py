"""Paint, edit and describe pictures by plain Python functions, for notebooks (paper appendix C)."""

import dataclasses
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from engine import drawn, incoming, pictures
from engine.bundles import bundles
from engine.device import devices
from engine.messages import Description, Precision, Saved, Spec, SpecError, is_saved, resolution, styles
from engine.messages.resolution import Asked, Machine, Means
from engine.messages.sizes import InitSize
from engine.method import masks
from engine.run import batch, checkpoint
from engine.run.run import Run

log = logging.getLogger(__name__)
_SETTING = re.compile(r"(?:^|\s)[-‐‑–—−]{1,3}(?P<name>[A-Za-z][A-Za-z-]*)\s*[:= ]\s*\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Hold what :func:`generate` yields after each iteration (and once for a run that has none left)."""

    iteration: int
    iterations: int
    loss: float
    seed: int
    run: Run

    @property
    def image(self) -> Image.Image:
        """Return the picture now. It is decoded on demand, so looking only now and then is cheap."""
        return pictures.to_image(self.run.picture())

    @property
    def mask(self) -> Image.Image | None:
        """Return where the run paints, white on black, or None if all of the picture may change."""
        masked = self.run.masked
        return None if masked is None else masks.to_image(masked.mask)


def generate(
    prompt: str | None = None,
    *,
    init_image: incoming.Source | None = None,
    image_prompts: Sequence[incoming.Source] = (),
    mask: incoming.Source | None = None,
    replace: tuple[str, str] | None = None,
    preset: str | None = None,
    style: str | None = None,
    bundle: str | bundles.Bundle = "starter",
    size: tuple[int, int] | None = None,
    iterations: int | None = None,
    seed: int | None = None,
    strength: float | None = None,
    precision: Precision | str | None = None,
    threads: int | None = None,
    device: str = "auto",
    weights_dir: str | Path = "weights",
    save_to: Path | None = None,
    save_every: int = 0,
    **more: Any,
) -> Iterator[Step]:
    """Paint ``prompt``, or edit ``init_image`` with it, and yield a :class:`Step` after each iteration.

    ``image_prompts`` are pictures to be guided towards. ``more`` are further settings of
    :class:`engine.messages.Spec` by name, such as ``losses=("l2:1.5:paper",)`` or ``image_weights=(0.5,)``.

    Every picture may be a path, an encoded file as bytes, a PIL image or a numpy array. An array is (H, W) or
    (H, W, 1 to 4), of bools, of 8 or 16 bits, or of floats from 0 to 1.

    An edit stays within ``mask``, a picture of the same shape that is white where to paint, or ``init_image`` with that
    part erased.
    ``replace`` is what to look for in the input and what to paint there, ("dog", "a fox"). ``prompt`` may then say
    what the whole picture shows afterwards. ``preset`` names settings for a kind of edit (see
    ``engine/presets.toml``); settings given here go before them. ``style`` names a built-in style.

    ``bundle`` is a name, loaded from ``weights_dir`` onto ``device``, or a bundle that
    :func:`engine.bundles.bundles.load` made. ``size`` is (width, height) in pixels; the sides become multiples of the
    bundle's f. A setting that is None is the bundle's default; a ``seed`` of None is drawn. The log tells of changes
    to what was asked for. The last step's ``image`` is the picture. Stop early by leaving the loop. A checkpoint is
    written to the file ``save_to`` every ``save_every`` iterations and at the end; :func:`resume` goes on from it.

    Raises :class:`ValueError` for a request that cannot be painted and :class:`engine.models.weights.WeightsError` for
    weights that cannot be loaded.

    >>> for step in generate("a red circle on a white background", seed=1):  # doctest: +SKIP
    ...     print(step.iteration, step.loss)
    >>> step.image.save("circle.png")  # doctest: +SKIP
    """
    loaded = _load(bundle, str(weights_dir), device) if isinstance(bundle, str) else bundle
    _refuse_settings(prompt or "")
    named = {"size": size, "iterations": iterations, "seed": seed, "strength": strength, "precision": precision}
    named = {**named, "threads": threads, "replace": replace[0] if replace else None}
    asked = Asked(
        prompt=styles.styled(prompt or (replace[1] if replace else ""), style),
        settings={
            **{name: value for name, value in named.items() if value is not None},
            **{resolution.setting_named(name): value for name, value in more.items()},
        },
        preset=preset,
    )
    picture, guides = None if init_image is None else _picture(init_image), _all_encoded(image_prompts)
    init = None if picture is None else InitSize(width=picture.width, height=picture.height)
    means = _means(loaded, init, len(guides), masked=mask is not None)
    spec = _told(resolution.painted(asked, means, editing=init is not None))
    start = spec.width // spec.upscale, spec.height // spec.upscale
    given = Saved(
        spec=spec,
        init_image=None if picture is None else pictures.png(pictures.fitted(picture, start)),
        mask=_fitted_mask(mask, picture, start),
        image_prompts=guides,
    )
    return _steps(_run(given, loaded), given, save_to, save_every)


def _refuse_settings(prompt: str) -> None:
    """Raise :class:`ValueError` for a setting among the words, which the command line would read."""
    for found in _SETTING.finditer(prompt):
        if found["name"].lower() in resolution.names():
            name = found["name"].lower().replace("-", "_")
            raise ValueError(f"Settings are arguments here, not words. Write generate(…, {name}=…)")


def _fitted_mask(mask: incoming.Source | None, given: Image.Image | None, size: tuple[int, int]) -> bytes | None:
    """Return the mask of ``given`` at the size of the run. Raises :class:`ValueError` if it cannot be used."""
    if mask is None:
        return None
    if given is None:
        raise SpecError(resolution.NOTHING_UNDER_MASK)
    drawn_mask = drawn.check(incoming.read(mask).image, given)
    return pictures.png(pictures.fitted(drawn_mask, size, Image.Resampling.BOX))


def describe(
    image: incoming.Source,
    *,
    bundle: str | bundles.Bundle = "starter",
    device: str = "auto",
    weights_dir: str | Path = "weights",
) -> Description:
    """Describe ``image`` in a sentence to paint it by, and in the most probable phrases of each kind.

    All perceptors of the bundle count, each as much as in :func:`generate`. Raises :class:`ValueError` for a bundle
    of too few words, and :class:`engine.models.weights.WeightsError`.

    >>> describe(Image.open("photo.jpg")).sentence  # doctest: +SKIP
    'a red car on a road at night, watercolor'
    """
    loaded = _load(bundle, str(weights_dir), device) if isinstance(bundle, str) else bundle
    return loaded.describer.describe(_picture(image))


def resume(
    saved: str | Path | bytes,
    *,
    iterations: int | None = None,
    prompt: str | None = None,
    seed: int | None = None,
    painted: incoming.Source | None = None,
    init_image: incoming.Source | None = None,
    image_prompts: Sequence[incoming.Source] = (),
    mask: incoming.Source | None = None,
    bundle: str | bundles.Bundle | None = None,
    device: str = "auto",
    weights_dir: str | Path = "weights",
    save_to: Path | None = None,
    save_every: int = 0,
) -> Iterator[Step]:
    """Go on from a file that :func:`generate` or the command line saved, or from ``step.run.checkpoint()``.

    Yields as :func:`generate` does. With no other argument, a CPU ends bit for bit as the unbroken run. ``iterations``
    is another number in all; a longer run keeps its schedules at their end. Another ``prompt`` or ``seed`` makes a
    branch. ``painted`` is the checkpoint's picture with something painted over it (paper appendix C). The file has the
    pictures that the run was given. A bare checkpoint has not: give ``init_image``, ``image_prompts`` and ``mask``.

    Raises as :func:`generate`, and :class:`ValueError` for a checkpoint that is damaged or does not fit.
    """
    content = saved if isinstance(saved, bytes) else Path(saved).read_bytes()
    held = Saved.from_bytes(content) if is_saved(content) else Saved(spec=checkpoint.spec(content), state=content)
    stored = held.spec
    name = stored.bundle if bundle is None else bundle
    loaded = _load(name, str(weights_dir), device) if isinstance(name, str) else name
    spec = stored if iterations is None else stored.continued(iterations)
    given = _with_pictures(held, init_image, image_prompts, mask)
    if prompt is not None or seed is not None:
        init = InitSize(width=spec.width // spec.upscale, height=spec.height // spec.upscale, painted=True)
        means = _means(loaded, init if given.init_image else None, len(given.image_prompts), masked=bool(given.mask))
        asked = Asked(prompt=prompt or "", settings={} if seed is None else {"seed": seed})
        spec = _told(resolution.branched(spec, asked, means))
    given = dataclasses.replace(given, spec=spec)
    run = _run(given, loaded, held.state)
    run.resume(held.state, branch=(spec.prompt, spec.seed) != (stored.prompt, stored.seed))
    if painted is not None:
        over = _picture(painted)
        incoming.check_painted(over.size, (spec.width, spec.height))
        run.paint_over(pictures.png(pictures.fitted(over, (spec.width, spec.height))))
    return _steps(run, given, save_to, save_every)


def _means(loaded: bundles.Bundle, init: InitSize | None, image_prompts: int, *, masked: bool) -> Means:
    machine = Machine(threads=1, cores=os.cpu_count() or 1)
    return Means(info=loaded.info(), machine=machine, init=init, image_prompts=image_prompts, masked=masked)


def _told(resolved: resolution.Resolved) -> Spec:
    """Return the spec, and write the notes about it to the log."""
    spec, notes = resolved
    for note in notes:
        log.warning(note)
    return spec


def _run(given: Saved, bundle: bundles.Bundle, continues: bytes | None = None) -> Run:
    return Run(given.spec, bundle, given.init_image, given.image_prompts, given.mask, continues=continues)


def _save(given: Saved, run: Run, path: Path) -> None:
    """Write the run to ``path``, wholly or not at all: a process that dies meanwhile leaves the last file."""
    saved = dataclasses.replace(given, state=run.checkpoint(), iteration=run.iteration)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(saved.to_bytes())
    beside.replace(path)


def _steps(run: Run, given: Saved, save_to: Path | None, save_every: int) -> Iterator[Step]:
    spec = run.spec
    if run.finished:
        yield Step(iteration=run.iteration, iterations=run.iteration, loss=run.loss, seed=spec.seed, run=run)
    while not run.finished:
        batch.step([run])
        run.settle()
        if save_to is not None and (run.finished or (save_every and run.iteration % save_every == 0)):
            _save(given, run, save_to)
        yield Step(iteration=run.iteration, iterations=spec.iterations, loss=run.loss, seed=spec.seed, run=run)


def _with_pictures(
    held: Saved,
    init_image: incoming.Source | None,
    image_prompts: Sequence[incoming.Source],
    mask: incoming.Source | None,
) -> Saved:
    """Return the saved run with these pictures in place of its own, prepared as :func:`generate` prepares them."""
    start = held.spec.width // held.spec.upscale, held.spec.height // held.spec.upscale
    picture = None if init_image is None else _picture(init_image)
    under = pictures.read(held.init_image) if picture is None and held.init_image else picture
    return dataclasses.replace(
        held,
        init_image=held.init_image if picture is None else pictures.png(pictures.fitted(picture, start)),
        mask=_fitted_mask(mask, under, start) or held.mask,
        image_prompts=_all_encoded(image_prompts) or held.image_prompts,
    )


def _all_encoded(images: Sequence[incoming.Source]) -> tuple[bytes, ...]:
    if isinstance(images, incoming.ONE):
        raise ValueError("image_prompts is a list of pictures. Write image_prompts=[…].")
    return tuple(pictures.png(_picture(image)) for image in images)


def _picture(source: incoming.Source) -> Image.Image:
    """Return a picture as the bot prepares those that it is sent, and write a note about its profile to the log."""
    read = incoming.read(source)
    if read.profile:
        log.warning(read.profile.note)
    return incoming.opaque(read)


@cache
def _load(bundle: str, weights_dir: str, device: str) -> bundles.Bundle:
    resolution.bundle_named(bundle, bundles.names(Path(weights_dir)))
    return bundles.load(bundle, Path(weights_dir), devices.choose(device))
