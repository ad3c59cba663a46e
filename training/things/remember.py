"""Make a bundle's memory of things: encode each drawing alone, and keep the codes that it covers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from engine.bundles.memory import GRAY, GROUND, Backdrops, Memory, Patch, Remembered
from engine.method.targets import whole
from engine.models.generator import Codes, Generator
from engine.models.perceptor import Perceptor
from training.picturebook.picture import Picture
from training.picturebook.words import GROUNDS, WEATHERS
from training.pictures.pages import images_of
from training.things.corpus import Drawing, opened
from training.things.table import Thing, things

CELLS: Final = 16  # cells along the picture in which a drawing is encoded
LONG: Final = 12  # cells along the longer side of a drawing
_TOGETHER: Final = 16
_EACH: Final = 4  # drawings of each empty scene


def remembered(found: list[Drawing], generator: Generator, perceptor: Perceptor) -> Memory:
    """Return the memory of these drawings and of empty scenes, in the codes of ``generator``.

    ``perceptor`` is the bundle's first, by which the scenes are found. Raises :class:`ValueError` without codes.
    """
    if not isinstance(generator, Codes):
        raise ValueError("This bundle's generator has no codes, and so no memory of things.")
    known = [thing for thing in things().values() if any(one.thing is thing for one in found)]
    patches = list[Patch]()
    for i in range(0, len(found), _TOGETHER):
        patches += _encoded(found[i : i + _TOGETHER], known, generator)
    return Memory(
        things=tuple(map(_remembered, known)), patches=tuple(patches), backdrops=_backdrops(generator, perceptor)
    )


@torch.no_grad()
def _backdrops(generator: Generator, perceptor: Perceptor) -> Backdrops:
    """Return every empty scene of the picture book, drawn a few times."""
    assert isinstance(generator, Codes)
    scenes = [
        Picture(thing="", colour="", weather=weather, ground=ground, mountains=mountains)
        for weather, ground, mountains in itertools.product(WEATHERS, GROUNDS, (False, True))
        for _ in range(_EACH)
    ]
    codes, vectors = list[Tensor](), list[Tensor]()
    for i in range(0, len(scenes), _TOGETHER):
        images = images_of(scenes[i : i + _TOGETHER], CELLS * generator.f, seed=i).to(generator.device)
        codes.append(generator.distances(generator.encode(images)).argmin(-1).cpu())
        vectors.append(whole(perceptor, images).cpu())
    return Backdrops(codes=torch.cat(codes), vectors=torch.cat(vectors))


def _remembered(thing: Thing) -> Remembered:
    words = dict.fromkeys((thing.name, thing.plural, *thing.aliases))
    return Remembered(name=thing.name, words=tuple(words), place=thing.place, size=thing.size)


@torch.no_grad()
def _encoded(found: list[Drawing], known: list[Thing], generator: Generator) -> Iterator[Patch]:
    assert isinstance(generator, Codes)
    f = generator.f
    stamps = [_stamp(one.path, LONG, f) for one in found]
    images = torch.stack([_on_ground(stamp, f) for stamp in stamps])
    codes = generator.distances(generator.encode(images.to(generator.device))).argmin(-1).cpu()
    for one, stamp, cells in zip(found, stamps, codes, strict=True):
        alpha = _tensor(stamp.getchannel("A"))[None]
        covered = F.max_pool2d(alpha, f)[0, 0] > 0.05
        height, width = covered.shape
        top, left = CELLS - 2 - height, (CELLS - width) // 2
        yield Patch(
            thing=known.index(one.thing),
            drawing=f"{one.vendor}/{one.name}",
            codes=cells[top : top + height, left : left + width].masked_fill(~covered, GROUND),
            outline=F.avg_pool2d(alpha, 2)[0, 0] > 0.5,
        )


def _stamp(path: Path, cells: int, f: int) -> Image.Image:
    """Return the drawing cut out, ``cells`` cells along its longer side, at the bottom of a canvas of whole cells."""
    drawing = opened(path)
    drawing = drawing.crop(drawing.getbbox())
    scale = cells * f / max(drawing.size)
    size = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    drawing = drawing.resize(size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (-(-size[0] // f) * f, -(-size[1] // f) * f))
    canvas.paste(drawing, ((canvas.width - size[0]) // 2, canvas.height - size[1]))
    return canvas


def _on_ground(stamp: Image.Image, f: int) -> Tensor:
    """Return the stamp in the middle of a gray picture, its bottom two cells above the edge: (3, H, W)."""
    side, gray = CELLS * f, round(255 * GRAY)
    page = Image.new("RGB", (side, side), (gray, gray, gray))
    left = (CELLS - stamp.width // f) // 2 * f
    page.paste(stamp, (left, side - 2 * f - stamp.height), stamp)
    return _tensor(page)


def _tensor(image: Image.Image) -> Tensor:
    """Return the channels of a picture in [0, 1], (c, H, W)."""
    array = np.array(image, dtype=np.float32).reshape(image.height, image.width, -1)
    return torch.from_numpy(array / 255).permute(2, 0, 1)
