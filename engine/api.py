"""The method as a plain Python function, for notebooks (001 appendix C)."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from engine import batch, bundles, pictures, process
from engine.messages import Precision, Spec, SpecError, settings
from engine.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What :func:`generate` yields after each iteration (and once, at 0, for an edit of strength 0)."""

    iteration: int
    iterations: int
    loss: float
    seed: int
    run: Run

    @property
    def image(self) -> Image.Image:
        """The picture now: decoded on demand, so looking only now and then is cheap."""
        return pictures.to_image(self.run.picture())


def generate(
    prompt: str,
    *,
    init_image: Image.Image | None = None,
    image_prompts: Sequence[Image.Image] = (),
    bundle: str | bundles.Bundle = "starter",
    size: tuple[int, int] | None = None,
    iterations: int | None = None,
    seed: int | None = None,
    strength: float | None = None,
    precision: Precision = Precision.FP32,
    threads: int = 1,
    device: str = "auto",
    weights_dir: str | Path = "weights",
    **more: Any,
) -> Iterator[Step]:
    """Paint ``prompt``, or edit ``init_image`` with it, and yield a :class:`Step` after each iteration.

    ``image_prompts`` are pictures to be guided towards. ``more`` are further settings of
    :class:`engine.messages.Spec` by name, such as ``losses=("l2:1.5:paper",)`` or ``image_weights=(0.5,)``.

    ``bundle`` is a name (then ``device`` and ``weights_dir`` say where and from where to load it) or a bundle that
    :func:`engine.bundles.load` made. ``size`` is (width, height) in pixels, multiples of the bundle's f. Whatever is
    None is the bundle's default; a ``seed`` of None is drawn. The last step's ``image`` is the picture. Stop early by
    leaving the loop.

    Raises :class:`ValueError` for a request that cannot be painted and :class:`engine.weights.WeightsError` for
    weights that cannot be loaded.

    >>> for step in generate("a red circle on a white background", seed=1):  # doctest: +SKIP
    ...     print(step.iteration, step.loss)
    >>> step.image.save("circle.png")  # doctest: +SKIP
    """
    loaded = _load(bundle, str(weights_dir), device) if isinstance(bundle, str) else bundle
    entry = loaded.entry
    if unknown := sorted(more.keys() - settings().keys()):
        raise SpecError(f"There is no setting {', '.join(unknown)}. There is: {', '.join(settings())}.")
    width, height = size or (entry.width, entry.height)
    usual = entry.iterations if init_image is None else entry.iterations_edit
    spec = Spec(
        prompt=prompt,
        bundle=loaded.name,
        width=width,
        height=height,
        iterations=usual if iterations is None else iterations,
        seed=secrets.randbelow(2**32) if seed is None else seed,
        strength=entry.strength if strength is None else strength,
        precision=precision,
        threads=threads,
        **more,
    )
    run = Run(spec, loaded, None if init_image is None else _png(init_image), [_png(image) for image in image_prompts])
    return _steps(run)


def _steps(run: Run) -> Iterator[Step]:
    spec = run.spec
    if run.finished:
        yield Step(iteration=0, iterations=0, loss=run.loss, seed=spec.seed, run=run)
    while not run.finished:
        batch.step([run])
        yield Step(iteration=run.iteration, iterations=spec.iterations, loss=run.loss, seed=spec.seed, run=run)


@cache
def _load(bundle: str, weights_dir: str, device: str) -> bundles.Bundle:
    return bundles.load(bundle, Path(weights_dir), process.choose_device(device))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
