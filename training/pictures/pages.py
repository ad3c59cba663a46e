"""Draw the picture book's families once, into files that are mapped into memory."""

import functools
import hashlib
import multiprocessing
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.files import written_whole
from training.picturebook.captions import full_caption
from training.picturebook.draw import draw
from training.picturebook.picture import FAMILY, Picture, held_out, sample, sample_family

Pixels = npt.NDArray[np.uint8]
TRAINING_SEED: Final = 0  # of the first family to train on
EVALUATION_SEED: Final = 10_000_000  # of the first picture to evaluate on


def family(seed: int, *, every_pair: bool = False) -> list[Picture]:
    """Return the FAMILY pictures of a training family; with ``every_pair`` they may show held-out pairs."""
    return sample_family(random.Random(seed), every_pair=every_pair)


def draw_family(task: tuple[int, int], *, every_pair: bool = False) -> Pixels:
    """Draw the family of (seed, size), (FAMILY, size, size, 3)."""
    seed, size = task
    return np.stack([np.asarray(draw(picture, seed, size)) for picture in family(seed, every_pair=every_pair)])


def edition() -> str:
    """Return eight digits of the code that draws the picture book, so that a changed book is drawn anew."""
    files = sorted((Path(__file__).parents[1] / "picturebook").glob("*.py"))
    drawing = [file for file in files if file.stem not in ("captions", "phrases")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in drawing)).hexdigest()[:8]


def pages(folder: Path, families: int, size: int = 128, processes: int = 2, *, every_pair: bool = False) -> Pixels:
    """Return the pictures of `families` families, (families · FAMILY, size, size, 3); the first call draws them."""
    kind = "all-pages" if every_pair else "pages"

    def draw_all(drawn: Pixels) -> None:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            tasks = ((TRAINING_SEED + i, size) for i in range(families))
            families_drawn = pool.imap(functools.partial(draw_family, every_pair=every_pair), tasks, chunksize=64)
            for i, pictures in enumerate(families_drawn):
                drawn[i * FAMILY : (i + 1) * FAMILY] = pictures

    path = folder / f"{kind}-{families}x{FAMILY}-{size}-{edition()}.npy"
    return mapped(path, (families * FAMILY, size, size, 3), draw_all)


def reduced(folder: Path, large: Pixels, size: int = 64) -> Pixels:
    """Return the pictures of `large` (n, h, h, 3) reduced to `size` px by averaging; the first call makes them."""

    def reduce_all(small: Pixels) -> None:
        factor = large.shape[1] // size
        for i in range(0, len(large), 256):
            cells = large[i : i + 256].reshape(-1, size, factor, size, factor, 3)
            small[i : i + 256] = cells.mean((2, 4)).round()

    return mapped(folder / f"pages-{len(large)}-{size}-{edition()}.npy", (len(large), size, size, 3), reduce_all)


def mapped(path: Path, shape: tuple[int, ...], fill: Callable[[Pixels], None]) -> Pixels:
    """Map the bytes of the file `path` into memory; if it is missing, let `fill` write into an array of `shape`."""
    if not path.exists():
        with written_whole(path, f".{multiprocessing.current_process().pid}.part") as part:
            pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
            fill(pixels)
            pixels.flush()
    found: Pixels = np.load(path, mmap_mode="r")
    return found


def evaluation_pictures(count: int, *, unseen_pairs: bool, seed: int = EVALUATION_SEED) -> list[Picture]:
    """Return new pictures of different captions, all with a held-out pair or, without `unseen_pairs`, none."""
    found: dict[str, Picture] = {}
    rng = random.Random(seed)
    while len(found) < count:
        picture = sample(rng)
        if held_out(picture) == unseen_pairs:
            found.setdefault(full_caption(picture), picture)
    return list(found.values())


def to_tensor(pixels: Pixels) -> Tensor:
    """Turn bytes (n, h, w, 3) into pictures (n, 3, h, w) in [0, 1]."""
    return torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).float() / 255


def images_of(pictures: Sequence[Picture], size: int, seed: int = EVALUATION_SEED) -> Tensor:
    """Draw pictures, the first with `seed`, the next with the seeds after it; (n, 3, size, size) in [0, 1]."""
    return to_tensor(np.stack([np.asarray(draw(picture, seed + i, size)) for i, picture in enumerate(pictures)]))
