"""The pages to train on: the picture book's families drawn once into a file that is mapped into memory."""

import multiprocessing
import random
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.picturebook.draw import draw
from training.picturebook.picture import FAMILY, Picture, held_out, sample, sample_family

Pixels = npt.NDArray[np.uint8]
TRAINING_SEED: Final = 0
"""Family i of training has seed TRAINING_SEED + i; pictures for evaluation start at EVALUATION_SEED."""
EVALUATION_SEED: Final = 10_000_000


def family(seed: int) -> list[Picture]:
    """The FAMILY pictures of one training family."""
    return sample_family(random.Random(seed))


def draw_family(task: tuple[int, int]) -> Pixels:
    """Draw the family of (seed, size): (FAMILY, size, size, 3)."""
    seed, size = task
    return np.stack([np.asarray(draw(picture, seed, size)) for picture in family(seed)])


def pages(folder: Path, families: int, size: int, processes: int = 2) -> Pixels:
    """The pictures of `families` training families, (families · FAMILY, size, size, 3); drawn at the first call."""
    path = folder / f"pages-{families}x{FAMILY}-{size}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{multiprocessing.current_process().pid}.part")
        shape = (families * FAMILY, size, size, 3)
        drawn = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            tasks = ((TRAINING_SEED + i, size) for i in range(families))
            for i, pictures in enumerate(pool.imap(draw_family, tasks, chunksize=64)):
                drawn[i * FAMILY : (i + 1) * FAMILY] = pictures
        drawn.flush()
        part.replace(path)
    mapped: Pixels = np.load(path, mmap_mode="r")
    return mapped


def evaluation_pictures(count: int, *, unseen_pairs: bool, seed: int = EVALUATION_SEED) -> list[Picture]:
    """New pictures: with `unseen_pairs` each shows a held-out pair, else none does; no two are the same."""
    found: dict[Picture, None] = {}
    rng = random.Random(seed)
    while len(found) < count:
        picture = sample(rng)
        if held_out(picture) == unseen_pairs:
            found[picture] = None
    return list(found)


def to_tensor(pixels: Pixels) -> Tensor:
    """Pictures (n, 3, h, w) in [0, 1] of (n, h, w, 3) bytes."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255
