"""The recipe: one line that repeats a picture, shown under it as text and written into the PNG.

::

    a red car at night --seed 7 --size 128x128 --iterations 200 --bundle starter [weights 1a2b…, fp32, …]

Everything before the bracket can be given again as it stands: :mod:`bot.prompts` reads it in a reply, and the
command line takes the same options. The bracket says what else the pixels depend on: the weights, the arithmetic,
the software, and the picture it started from.
"""

from __future__ import annotations

import io
from importlib.metadata import version

from PIL import Image, PngImagePlugin

from engine.messages import BundleInfo, Spec

VERSION = version("faraday-bot")
_KEYWORD = "Description"  # of the PNG specification's list, which viewers show
_HASH_DIGITS = 12


def describe(
    spec: Spec,
    info: BundleInfo,
    *,
    device: str,
    input_hash: str | None = None,
    parent_id: int | None = None,
    stopped_at: int | None = None,
) -> str:
    """The line for ``spec`` painted by ``info``'s weights on ``device``.

    ``input_hash`` is the SHA-256, in hex, of the init image; ``parent_id`` the job it came from. Strength is named
    only where there is one of them, since it means nothing without an init image. ``stopped_at`` is the iteration at
    which a stopped run was kept: its schedules are those of the whole run, so the iterations planned are named too.
    """
    settings = {
        "seed": str(spec.seed),
        "size": f"{spec.width}x{spec.height}",
        "iterations": str(spec.iterations),
    }
    if input_hash is not None or parent_id is not None:
        settings["strength"] = f"{spec.strength:g}"
    if spec.learning_rate is not None:
        settings["learning-rate"] = f"{spec.learning_rate:g}"
    if spec.cutouts is not None:
        settings["cutouts"] = str(spec.cutouts)
    settings["bundle"] = spec.bundle
    options = " ".join(f"--{name} {value}" for name, value in settings.items())
    prompt = " ".join(spec.prompt.split())
    return f"{prompt} {options} [{', '.join(_origin(spec, info, device, input_hash, parent_id, stopped_at))}]"


def _origin(
    spec: Spec,
    info: BundleInfo,
    device: str,
    input_hash: str | None,
    parent_id: int | None,
    stopped_at: int | None,
) -> list[str]:
    origin = [
        f"weights {info.weights_hash}",
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
    """``png`` with the recipe as metadata; the pixels stay as they are."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        notes = PngImagePlugin.PngInfo()
        notes.add_itxt(_KEYWORD, recipe)
        notes.add_text("Software", f"Faraday {VERSION}")
        out = io.BytesIO()
        image.save(out, format="PNG", pnginfo=notes)
    return out.getvalue()


def read(png: bytes) -> str | None:
    """The recipe in ``png``; None when it carries none, or is no PNG at all."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            text = image.info.get(_KEYWORD)
            made_by = str(image.info.get("Software", ""))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    return str(text) if text and made_by.startswith("Faraday ") else None
