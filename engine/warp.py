"""Warp, colour and noise of cutouts in one pass each: a sample for each pixel, a matrix for each cutout.

kornia's operators, one after the other, are the reference that the tests compare with.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

GREY = (0.299, 0.587, 0.114)
"""How bright red, green and blue are."""
FARTHEST = 2.25
"""Pixels from one sample to the next: a bilinear one covers two, and a little more than that does not show."""


def sample(image: Tensor, matrices: Tensor, steps: Tensor, size: int) -> Tensor:
    """Cutouts (n, 3, size, size) of ``image`` (1, 3, H, W) by ``matrices`` (n, 3, 3) from its pixels to theirs.

    ``steps`` (n,), on the CPU, are the picture's pixels from one pixel of a cutout to the next. Beyond
    :data:`FARTHEST` a sample would skip pixels: the cutout is then taken of the picture halved as often as needed.
    """
    height, width = image.shape[-2:]
    most = max(0, min(height, width).bit_length() - 1)
    levels = (steps / FARTHEST).log2().ceil().long().clamp(0, most).tolist()
    places = _places(matrices, width, height, size).to(image)
    cutouts: list[Tensor | None] = [None] * len(levels)
    for level in range(max(levels) + 1):
        if level:
            image = F.adaptive_avg_pool2d(image, (image.shape[2] // 2, image.shape[3] // 2))
        mine = [i for i, other in enumerate(levels) if other == level]
        if len(mine) == len(levels):
            return _look(image, places)
        if mine:
            for i, cutout in zip(mine, _look(image, places[mine]), strict=True):
                cutouts[i] = cutout
    return torch.stack([cutout for cutout in cutouts if cutout is not None])


def _look(image: Tensor, places: Tensor) -> Tensor:
    pictures = image.expand(len(places), -1, -1, -1)
    return F.grid_sample(pictures, places, mode="bilinear", padding_mode="border", align_corners=False)


def _places(matrices: Tensor, width: int, height: int, size: int) -> Tensor:
    """Where each pixel of each cutout lies in the picture, (n, size, size, 2), its edges at -1 and 1.

    In these units a place is the same at every level.
    """
    across = torch.arange(size, dtype=matrices.dtype)
    y, x = torch.meshgrid(across, across, indexing="ij")
    pixels = torch.stack([x.flatten(), y.flatten(), torch.ones(size * size)])
    units = torch.tensor([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1]])
    u, v, w = (units @ torch.linalg.inv(matrices) @ pixels).unbind(1)
    return torch.stack([u / w, v / w], dim=-1).view(-1, size, size, 2)


def recolour(cutouts: Tensor, colour: Tensor) -> Tensor:
    """Brightness, contrast, saturation and hue moved by ``colour`` (n, 4), on the CPU, as one 3 x 4 matrix each.

    As kornia's operators do in that order, contrast around the cutout's own mean. Hue turns about the grey axis, where
    kornia's goes through HSV; and what leaves [0, 1] keeps its gradient, where kornia's is cut off.
    """
    if not colour.any():
        return cutouts
    brightness, contrast = colour[:, 0].to(cutouts), colour[:, 1].to(cutouts)
    grey = torch.tensor(GREY).to(cutouts)
    means = cutouts.mean((2, 3)) @ grey
    offsets = brightness - contrast * means
    matrices = _colour_matrices(colour).to(cutouts)
    n = len(cutouts)
    recoloured = torch.baddbmm(offsets.view(n, 1, 1), matrices, cutouts.flatten(2))
    return recoloured.view_as(cutouts)


def _colour_matrices(colour: Tensor) -> Tensor:
    """Contrast, saturation and hue of ``colour`` (n, 4) as matrices (n, 3, 3) that leave grey grey."""
    _, contrast, saturation, hue = colour.view(-1, 4, 1, 1).unbind(1)
    one, greys = torch.eye(3), torch.tensor(GREY).expand(3, 3)
    saturate = (1 + saturation) * one - saturation * greys
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5  # of the grey axis: Rodrigues' formula
    angle = hue * torch.pi
    turn = angle.cos() * one + (1 - angle.cos()) / 3 + angle.sin() * cross
    return (1 + contrast) * (turn @ saturate)


def add_noise(cutouts: Tensor, levels: Tensor, seed: int, first: int = 0, of: int = 0) -> Tensor:
    """``cutouts`` and Gaussian noise at ``levels`` (n,), the same numbers on every device.

    They are the ones after the ``first`` among all ``of`` them (0: these are all), with the noise that is theirs there.
    """
    shape = (of or len(cutouts), *cutouts.shape[1:])
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed))[first : first + len(cutouts)].to(cutouts)
    return torch.addcmul(cutouts, noise, levels.to(cutouts).view(-1, 1, 1, 1))
