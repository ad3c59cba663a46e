"""The pages to train on: the picture book's families drawn once into a file that is mapped into memory."""

import functools
import hashlib
import multiprocessing
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.picturebook.captions import full_caption
from training.picturebook.draw import draw
from training.picturebook.picture import FAMILY, Picture, held_out, sample, sample_family

Pixels = npt.NDArray[np.uint8]
TRAINING_SEED: Final = 0
"""Family i of training has seed TRAINING_SEED + i; pictures for evaluation start at EVALUATION_SEED."""
EVALUATION_SEED: Final = 10_000_000


def family(seed: int, *, every_pair: bool = False) -> list[Picture]:
    """The FAMILY pictures of one training family; ``every_pair``: held-out ones may be among them."""
    return sample_family(random.Random(seed), every_pair=every_pair)


def draw_family(task: tuple[int, int], *, every_pair: bool = False) -> Pixels:
    """Draw the family of (seed, size): (FAMILY, size, size, 3)."""
    seed, size = task
    return np.stack([np.asarray(draw(picture, seed, size)) for picture in family(seed, every_pair=every_pair)])


def edition() -> str:
    """Eight digits that change with the code that draws the picture book, so that old pages are not taken for new."""
    files = sorted((Path(__file__).parents[1] / "picturebook").glob("*.py"))
    drawing = [file for file in files if file.stem not in ("captions", "phrases")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in drawing)).hexdigest()[:8]


def pages(folder: Path, families: int, size: int = 128, processes: int = 2, *, every_pair: bool = False) -> Pixels:
    """The pictures of `families` training families, (families · FAMILY, size, size, 3); drawn at the first call."""
    kind = "all-pages" if every_pair else "pages"
    path = folder / f"{kind}-{families}x{FAMILY}-{size}-{edition()}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{multiprocessing.current_process().pid}.part")
        shape = (families * FAMILY, size, size, 3)
        drawn = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            tasks = ((TRAINING_SEED + i, size) for i in range(families))
            for i, pictures in enumerate(
                pool.imap(functools.partial(draw_family, every_pair=every_pair), tasks, chunksize=64)
            ):
                drawn[i * FAMILY : (i + 1) * FAMILY] = pictures
        drawn.flush()
        part.replace(path)
    mapped: Pixels = np.load(path, mmap_mode="r")
    return mapped


def reduced(folder: Path, large: Pixels, size: int = 64) -> Pixels:
    """The pictures of `large` (n, h, h, 3) with `size` px, each the mean of those it covers; made at the first call."""
    path = folder / f"pages-{len(large)}-{size}-{edition()}.npy"
    if not path.exists():
        factor = large.shape[1] // size
        part = path.with_suffix(f".{multiprocessing.current_process().pid}.part")
        small = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(len(large), size, size, 3))
        for i in range(0, len(large), 256):
            cells = large[i : i + 256].reshape(-1, size, factor, size, factor, 3)
            small[i : i + 256] = cells.mean((2, 4)).round()
        small.flush()
        part.replace(path)
    mapped: Pixels = np.load(path, mmap_mode="r")
    return mapped


def evaluation_pictures(count: int, *, unseen_pairs: bool, seed: int = EVALUATION_SEED) -> list[Picture]:
    """New pictures, each with a held-out pair or (`unseen_pairs` false) none with one; no two have one full caption."""
    found: dict[str, Picture] = {}
    rng = random.Random(seed)
    while len(found) < count:
        picture = sample(rng)
        if held_out(picture) == unseen_pairs:
            found.setdefault(full_caption(picture), picture)
    return list(found.values())


def to_tensor(pixels: Pixels) -> Tensor:
    """Pictures (n, 3, h, w) in [0, 1] of (n, h, w, 3) bytes."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255


def images_of(pictures: Sequence[Picture], size: int, seed: int = EVALUATION_SEED) -> Tensor:
    """Draw pictures, the first with `seed`, the next with the seeds after it; (n, 3, size, size) in [0, 1]."""
    return to_tensor(np.stack([np.asarray(draw(picture, seed + i, size)) for i, picture in enumerate(pictures)]))
