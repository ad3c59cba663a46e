"""Paint the pictures of docs/engine.md anew, on the CPU: ``python -m benchmarks.gallery [NAME …]``.

Each is a labelled sheet of a few pictures that differ in one setting; everything else is :data:`USUAL`.
"""

import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image, ImageDraw

from engine import Step, describe, generate, resume
from engine.messages import Precision
from engine.sheet import SheetCell, sheet
from training.picturebook.draw import draw
from training.picturebook.picture import sample

OUT = Path("docs/pictures/engine")
USUAL: Mapping[str, Any] = {
    "prompt": "a red house on a sunny day",
    "seed": 3,
    "iterations": 8,
    "cutouts": 4,
    "candidates": 1,
    "device": "cpu",
}
_SIDE = 96
_QUALITY = 88
_LINES = {"describe": 7}  # of a label, where it is a whole description
Labelled = tuple[str, Image.Image]


def last(**settings: Any) -> Step:
    """Return the last step of a run with :data:`USUAL` and ``settings``."""
    *_, step = generate(**{**USUAL, **settings})
    return step


@cache
def given() -> Image.Image:
    """Return the picture that edits start from."""
    return last(iterations=8).image


def varied(name: str, *values: Any, **others: Any) -> Callable[[], Iterator[Labelled]]:
    """Return a function that paints one picture for each value of the setting ``name``."""

    def paint() -> Iterator[Labelled]:
        for value in values:
            yield f"{name.replace('_', ' ')} {_shown(value)}", last(**others, **{name: value}).image

    return paint


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_shown, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def sizes() -> Iterator[Labelled]:
    for size in ((64, 64), (128, 128), (192, 96)):
        yield f"{size[0]} x {size[1]}", last(size=size).image


def image_prompts() -> Iterator[Labelled]:
    guide = last(prompt="a yellow flower on grass").image
    yield "the image prompt", guide
    for weight in (0.5, 2.0):
        yield f"weight {weight:g}", last(image_prompts=[guide], image_weights=(weight,)).image


def noise_prompts() -> Iterator[Labelled]:
    for seeds, weights in (((), ()), ((1,), (1.0,)), ((2,), (1.0,)), ((2,), (3.0,))):
        label = f"noise seed {_shown(seeds)}, weight {_shown(weights)}" if seeds else "no noise prompt"
        yield label, last(noise_seeds=seeds, noise_weights=weights).image


def strengths() -> Iterator[Labelled]:
    yield "the input", given()
    for strength in (0.0, 0.4, 0.75, 1.0):
        yield (
            f"strength {strength:g}",
            last(prompt="a blue house at night", init_image=given(), strength=strength).image,
        )


def story() -> Iterator[Labelled]:
    line = "a red house on a sunny day ^ a red house at night"
    steps = [(step.iteration, step.image) for step in generate(**{**USUAL, "prompt": line, "iterations": 45})]
    yield from ((f"iteration {iteration}", image) for iteration, image in steps if iteration % 15 == 0)


def _mask() -> Image.Image:
    mask = Image.new("L", (128, 128))
    ImageDraw.Draw(mask).rectangle((0, 0, 127, 50), fill="white")
    return mask


def masks() -> Iterator[Labelled]:
    yield "the input", given()
    yield "the mask", _mask()
    for feather in (0, 16):
        step = last(prompt="a house at night", init_image=given(), mask=_mask(), feather=feather, strength=1.0)
        yield f"feather {feather}", step.image


def regions() -> Iterator[Labelled]:
    yield "the input", given()
    for threshold in (0.0, 0.25, 1.0):
        step = last(
            prompt=None, init_image=given(), replace=("a red house", "a green tree"), region_threshold=threshold,
            iterations=1,
        )  # fmt: skip
        assert step.mask is not None
        yield f"region threshold {threshold:g}", step.mask


def replacement() -> Iterator[Labelled]:
    yield "the input", given()
    for structure in (0.0, 0.3, 2.0):
        step = last(
            prompt=None, init_image=given(), replace=("a red house", "a green tree"), structure=structure, iterations=8
        )
        yield f"structure {structure:g}", step.image


def presets() -> Iterator[Labelled]:
    yield "the input", given()
    edits = {
        "colour": "a blue house on a sunny day",
        "weather": "a red house in the rain",
        "material": "a wooden house",
    }
    for preset, prompt in edits.items():
        *_, step = generate(prompt, init_image=given(), preset=preset, seed=3, iterations=14, cutouts=4, device="cpu")
        yield f"{preset}: {prompt}", step.image


def lives() -> Iterator[Labelled]:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "house.run"
        step = last(save_to=saved)
        yield "8 iterations, saved", step.image
        painted = step.image
        ImageDraw.Draw(painted).ellipse((80, 8, 120, 48), fill="yellow")
        how: dict[str, Any] = {"device": "cpu", "iterations": 40}
        courses: dict[str, dict[str, Any]] = {
            "continued for 32": {},
            "branch: a red house at night": {"prompt": "a red house at night"},
            "a sun painted over it …": {},
            "… and 32 more": {"painted": painted},
        }
        for label, course in courses.items():
            yield label, painted if label.endswith("it …") else list(resume(saved, **how, **course))[-1].image


def film() -> Iterator[Labelled]:
    for step in generate(**{**USUAL, "iterations": 13}):
        if step.iteration % 4 == 1:
            yield f"iteration {step.iteration}", step.image


def upscaled() -> Iterator[Labelled]:
    small = given().resize((64, 64), Image.Resampling.LANCZOS)
    yield "64 x 64", small.resize((128, 128), Image.Resampling.NEAREST)
    yield "enlarged by Lanczos", small.resize((128, 128), Image.Resampling.LANCZOS)
    yield "upscale 2", last(init_image=small, size=(128, 128), upscale=2, strength=0.4).image


def plateaus() -> Iterator[Labelled]:
    for plateau in (0, 2):
        step = last(plateau=plateau, iterations=30, learning_rate=0.003)
        yield f"plateau {plateau}: {step.iteration} iterations", step.image


def schedules() -> Iterator[Labelled]:
    for horizon in (8, 40):
        step = last(schedule_iterations=horizon, rate_schedule="linear")
        yield f"schedule iterations {horizon}", step.image


def described() -> Iterator[Labelled]:
    drawn = [sample(random.Random(seed)) for seed in (2, 5, 8)]
    for image in (given(), *(draw(picture, 1, 128) for picture in drawn)):
        found = describe(image, device="cpu")
        best = ", ".join(f"{kind.phrases[0][0]} {kind.phrases[0][1]:.0%}" for kind in found.kinds[:2])
        yield f"{found.sentence} ({best})", image


PICTURES: Mapping[str, Callable[[], Iterator[Labelled]]] = {
    "prompt": varied("prompt", "a red house", "a red house | a house at night:0.7", "a red house | grass:-0.5"),
    "bundle": varied("bundle", "starter"),
    "size": sizes,
    "iterations": varied("iterations", 1, 4, 16),
    "seed": varied("seed", 1, 2, 3, 4),
    "strength": strengths,
    "learning_rate": varied("learning_rate", 0.003, 0.03, 0.3),
    "cutouts": varied("cutouts", 1, 2, 8),
    "cutout_schedule": varied("cutout_schedule", "constant", "rising", "falling"),
    "coarse": varied("coarse", 0.0, 0.5, 0.9),
    "candidates": varied("candidates", 1, 4, 16),
    "precision": varied("precision", *Precision),
    "schedule_iterations": schedules,
    "upscale": upscaled,
    "reduction": varied("reduction", "sum", "mean", prompt="a red house | a house at night | a house in falling snow"),
    "image_prompts": image_prompts,
    "noise_prompts": noise_prompts,
    "story": story,
    "perceptor_weights": varied("perceptor_weights", (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)),
    "augmentations": varied("augmentations", (), ("crop",), ("crop", "affine", "perspective", "noise")),
    "latent": varied("latent", "straight-through", "codebook"),
    "losses": varied("losses", ("l2:0",), ("l2:0.3",), ("l2:3:linear",), ("tv-picture:20",)),
    "optimiser": varied("optimiser", "adam", "adamw", "nadam"),
    "rate_schedule": varied("rate_schedule", "constant", "step", "linear", "cosine"),
    "ema": varied("ema", 0.0, 0.9, 0.99),
    "plateau": plateaus,
    "masks": masks,
    "regions": regions,
    "replace": replacement,
    "presets": presets,
    "life": lives,
    "film": film,
    "describe": described,
}


def main(names: Annotated[list[str] | None, typer.Argument(help="Some of them; all if left out.")] = None) -> None:
    """Paint the named pictures."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        cells = [SheetCell(pictures=(image,), label=label) for label, image in PICTURES[name]()]
        page = sheet(cells, len(cells), side=_SIDE, lines=_LINES.get(name, 3))
        page.save(OUT / f"{name}.jpg", quality=_QUALITY, optimize=True)
        typer.echo(OUT / f"{name}.jpg")


if __name__ == "__main__":
    typer.run(main)
