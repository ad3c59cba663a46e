"""Write and read the recipe, one line that repeats a picture. It stands under the picture and in the PNG.

::

    a red car at night --seed 7 --size 128x128 --iterations 200 --bundle starter [weights 1a2b…, fp32, …]

:mod:`bot.words.prompts` reads it at every door, with the bracket or without. It names each setting that differs from
what it would be if it were left out. The bracket names what else the pixels depend on: the weights, the arithmetic, the
software, and the pictures that the run was given.
"""

import io
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from PIL import Image, PngImagePlugin

from bot.domain.job import Job
from bot.errors import UserError
from bot.words import prompts, values
from engine.incoming import Profile
from engine.messages import BundleInfo, Spec, defaults, settings
from engine.messages.resolution import table

VERSION = version("faraday-bot")
_KEYWORD = "Description"  # one of the PNG specification's keywords, which viewers show
_HASH_DIGITS = 12
_OF_THE_BRACKET = ("precision", "threads")


def describe(
    spec: Spec,
    info: BundleInfo | None,
    *,
    device: str,
    input_hash: str | None = None,
    parent_id: int | None = None,
    stopped_at: int | None = None,
    others: Sequence[str] = (),
) -> str:
    """Return the recipe of ``spec``, painted with the weights of ``info`` on ``device``.

    ``info`` is None if the weights are not known any more.

    ``input_hash`` is the SHA-256, in hex, of the init image, and ``parent_id`` the job that it came from. A run that
    was stopped has its last iteration in ``stopped_at``: the run that repeats it stops there too, with the schedules
    of the whole. ``others`` are further facts for the bracket.
    """
    edited = input_hash is not None or parent_id is not None
    prompt = " ".join(spec.prompt.split())
    options = " ".join(_options(spec, info, edited, stopped_at))
    origin = ", ".join([*_origin(spec, info, device, input_hash, parent_id, stopped_at), *others])
    between = "" if _reads_back(f"{prompt} {options}", prompt) else prompts.END
    return " ".join(part for part in (prompt, between, options, f"[{origin}]") if part)


def of_job(job: Job, info: BundleInfo | None, device: str, read_as: str | None = None) -> str:
    """Return the recipe of a job; ``read_as`` is that of its :class:`engine.messages.RunStarted`."""
    started_there = job.input_hash is not None and not job.kind.repeats
    return describe(
        job.spec,
        info,
        device=device,
        input_hash=job.input_hash,
        parent_id=job.parent_id if started_there else None,
        stopped_at=job.iteration if job.stopped else None,
        others=(*made_with(job.mask_hash, job.image_prompt_hashes), *job.input_facts, *words_read(read_as)),
    )


def made_with(mask_hash: str | None, image_prompt_hashes: Sequence[str]) -> tuple[str, ...]:
    """Return the facts about a mask and image prompts with these SHA-256, in hex, for :func:`describe`."""
    guides = [f"image prompt {one[:_HASH_DIGITS]}" for one in image_prompt_hashes]
    return (*guides, *([f"mask {mask_hash[:_HASH_DIGITS]}"] if mask_hash else ()))


def profiles_read(profiles: Mapping[str, Profile | None]) -> tuple[str, ...]:
    """Return the facts about the colour profiles of the files with these names, for :func:`describe`."""
    return tuple(f"{name}: {profile}" for name, profile in profiles.items() if profile)


def words_read(read_as: str | None) -> tuple[str, ...]:
    """Return the fact about the words that the engine drew, if it drew any, for :func:`describe`."""
    if read_as is None:
        return ()
    return (f"read as “{read_as.replace('[', '(').replace(']', ')')}”",)  # brackets would end the recipe's own


def _options(spec: Spec, info: BundleInfo | None, edited: bool, stopped_at: int | None) -> list[str]:
    iterations, schedules = spec.iterations, spec.schedule_iterations
    if stopped_at and stopped_at < iterations:
        iterations, schedules = stopped_at, spec.horizon
    telling = edited or info is None or spec.strength != info.strength
    usual = {
        "seed": str(spec.seed),
        "size": f"{spec.width}x{spec.height}",
        "iterations": str(iterations),
        "strength": settings()["strength"].show(spec.strength) if telling else None,
        "bundle": spec.bundle,
    }
    more = {name: getattr(spec, name) for name in table() if name not in _OF_THE_BRACKET}
    more["schedule_iterations"] = schedules
    return [
        *(values.option(name, text) for name, text in usual.items() if text is not None),
        *([values.option("preset", "none")] if spec.replace else []),  # else a replacement has its own preset
        *(values.shown(name, value) for name, value in more.items() if value != defaults()[name]),
    ]


def _reads_back(line: str, prompt: str) -> bool:
    """Return whether no part of the prompt reads as a setting."""
    try:
        return prompts.parse(line).prompt == prompt
    except UserError:
        return False


def _origin(
    spec: Spec,
    info: BundleInfo | None,
    device: str,
    input_hash: str | None,
    parent_id: int | None,
    stopped_at: int | None,
) -> list[str]:
    origin = [
        f"weights {info.weights_hash if info else 'unknown'}",
        str(spec.precision),
        f"{spec.threads} thread{'s' if spec.threads != 1 else ''}",
        device,
        f"faraday {VERSION}",
    ]
    if parent_id is not None:
        origin.append(f"from #{parent_id}")
    if input_hash is not None:
        origin.append(f"input {input_hash[:_HASH_DIGITS]}")
    if stopped_at is not None:
        origin.append(f"stopped at iteration {stopped_at}")
    return origin


def stamp(png: bytes, recipe: str) -> bytes:
    """Return ``png`` with the recipe as metadata. The pixels stay as they are."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        notes = PngImagePlugin.PngInfo()
        notes.add_itxt(_KEYWORD, recipe)
        notes.add_text("Software", f"Faraday {VERSION}")
        out = io.BytesIO()
        image.save(out, format="PNG", pnginfo=notes)
    return out.getvalue()


def read(png: bytes) -> str | None:
    """Return the recipe in ``png``, or None if it has none or is no PNG."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            text = image.info.get(_KEYWORD)
            made_by = str(image.info.get("Software", ""))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return str(text) if text and made_by.startswith("Faraday ") else None
