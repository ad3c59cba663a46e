"""Warp, colour and noise of cutouts in one pass each: a sample for each pixel, a matrix for each cutout.

kornia's operators, one after the other, are the reference that the tests compare with.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

GREY = (0.299, 0.587, 0.114)  # how bright red, green and blue are
FARTHEST = 2.25  # most pixels between samples: a bilinear one covers two, and a little more does not show


def levels(steps: Tensor, width: int, height: int) -> list[int]:
    """Return how often to halve the picture for each cutout, so that samples skip no pixels.

    ``steps`` (n,), on the CPU, are the picture's pixels between neighbouring pixels of a cutout.
    """
    most = max(0, min(height, width).bit_length() - 1)
    asked: list[int] = (steps / FARTHEST).log2().ceil().long().clamp(0, most).tolist()
    return asked


def ways_back(matrices: Tensor, width: int, height: int) -> Tensor:
    """Invert ``matrices`` (n, 3, 3), so that they lead from a cutout's pixels to places in the picture.

    The picture's edges are at -1 and 1, so that a place is the same at every level.
    """
    units = torch.tensor([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1]])
    back: Tensor = units @ torch.linalg.inv(matrices)
    return back


def sample(image: Tensor, back: Tensor, halvings: Sequence[int], order: Tensor, size: int) -> Tensor:
    """Return cutouts (n, 3, size, size) of ``image`` (1, 3, H, W) by :func:`ways_back` and :func:`levels`.

    ``back`` (n, 3, 3) is sorted by the halvings; ``order`` (n,) is each cutout's index in it.
    """
    places = _places(back, size)
    counts = [halvings.count(level) for level in range(max(halvings) + 1)]
    parts = []
    for level, mine in enumerate(places.split(counts)):
        if level:
            image = F.adaptive_avg_pool2d(image, (image.shape[2] // 2, image.shape[3] // 2))
        if len(mine):
            parts.append(_look(image, mine))
    return parts[0] if len(parts) == 1 else torch.cat(parts).index_select(0, order.long())


def _look(image: Tensor, places: Tensor) -> Tensor:
    pictures = image.expand(len(places), -1, -1, -1)
    return F.grid_sample(pictures, places, mode="bilinear", padding_mode="border", align_corners=False)


def _places(back: Tensor, size: int) -> Tensor:
    """Return where each pixel of each cutout lies in the picture, (n, size, size, 2)."""
    u, v, w = (back @ _pixels(size, back.device)).unbind(1)
    return torch.stack([u / w, v / w], dim=-1).view(-1, size, size, 2)


@lru_cache
def _pixels(size: int, device: torch.device) -> Tensor:
    """Return the pixels of a cutout, (3, size²)."""
    across = torch.arange(size, dtype=torch.float32)
    y, x = torch.meshgrid(across, across, indexing="ij")
    return torch.stack([x.flatten(), y.flatten(), torch.ones(size * size)]).to(device)


@lru_cache
def _grey(device: torch.device) -> Tensor:
    return torch.tensor(GREY, device=device)


def recolour(cutouts: Tensor, matrices: Tensor, shifts: Tensor) -> Tensor:
    """Change brightness, contrast, saturation and hue by one 3 × 4 matrix a cutout, made by :func:`colours`.

    The order is that of kornia's operators, with contrast around the cutout's own mean. Two things differ: hue turns
    about the grey axis instead of in HSV, and values outside [0, 1] keep their gradient.
    """
    brightness, contrast = shifts.unbind(1)
    means = cutouts.mean((2, 3)) @ _grey(cutouts.device)
    offsets = brightness - contrast * means
    recoloured = torch.baddbmm(offsets.view(-1, 1, 1), matrices, cutouts.flatten(2))
    return recoloured.view_as(cutouts)


def colours(colour: Tensor) -> tuple[Tensor, Tensor]:
    """Return for ``colour`` (n, 4), on the CPU, matrices (n, 3, 3), and brightness and contrast (n, 2).

    The matrices are contrast, saturation and hue, and leave grey grey.
    """
    _, contrast, saturation, hue = colour.view(-1, 4, 1, 1).unbind(1)
    one, greys = torch.eye(3), torch.tensor(GREY).expand(3, 3)
    saturate = (1 + saturation) * one - saturation * greys
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5  # of the grey axis: Rodrigues' formula
    angle = hue * torch.pi
    turn = angle.cos() * one + (1 - angle.cos()) / 3 + angle.sin() * cross
    return (1 + contrast) * (turn @ saturate), colour[:, :2]


def add_noise(cutouts: Tensor, levels: Tensor, seed: int, first: int = 0, of: int = 0) -> Tensor:
    """Add Gaussian noise at ``levels`` (n,) to ``cutouts``. It depends on ``seed`` and on the kind of device.

    For a part of the cutouts, ``first`` and ``of`` are as in :class:`engine.method.cutouts.Draw`.
    """
    noise = _noise((of or len(cutouts), *cutouts.shape[1:]), seed, cutouts.device)[first : first + len(cutouts)]
    return torch.addcmul(cutouts, noise, levels.view(-1, 1, 1, 1))


def _noise(shape: Sequence[int], seed: int, device: torch.device) -> Tensor:
    """Draw on the device, because a host takes longer for millions of numbers than a GPU for the whole step."""
    return torch.randn(shape, generator=torch.Generator(device).manual_seed(seed), device=device)
