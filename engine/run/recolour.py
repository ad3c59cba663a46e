"""Give a part of a picture another colour, in OKLab (Ottosson 2020)."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

COLOURS = {
    "red": (0.85, 0.1, 0.1),
    "orange": (1.0, 0.55, 0.1),
    "yellow": (1.0, 0.85, 0.15),
    "green": (0.15, 0.65, 0.2),
    "turquoise": (0.15, 0.75, 0.75),
    "cyan": (0.15, 0.75, 0.85),
    "blue": (0.15, 0.3, 0.85),
    "purple": (0.5, 0.2, 0.7),
    "violet": (0.5, 0.2, 0.7),
    "pink": (1.0, 0.5, 0.7),
    "brown": (0.5, 0.3, 0.15),
    "black": (0.1, 0.1, 0.1),
    "gray": (0.5, 0.5, 0.5),
    "grey": (0.5, 0.5, 0.5),
    "white": (0.97, 0.97, 0.97),
}
"""sRGB of the colours that can be asked for."""
_TO_LMS = ((0.4122, 0.5363, 0.0514), (0.2119, 0.6807, 0.1074), (0.0883, 0.2817, 0.6300))
_TO_LAB = ((0.2105, 0.7936, -0.0041), (1.9780, -2.4286, 0.4506), (0.0259, 0.7828, -0.8087))
_COLOURFUL = 0.05  # chroma above which a pixel has a colour


def recoloured(picture: Tensor, mask: Tensor, colour: str) -> Tensor:
    """Return ``picture`` (1, 3, H, W) with the named colour where ``mask`` (1, 1, H, W) is; shading stays."""
    return painted(picture, mask, torch.tensor(COLOURS[colour], device=picture.device))


def painted(picture: Tensor, mask: Tensor, rgb: Tensor) -> Tensor:
    """Return ``picture`` (1, 3, H, W) in the colour ``rgb`` (3,) where ``mask`` (1, 1, H, W) is; shading stays."""
    lab, target = _lab(picture), _lab(rgb.view(1, 3, 1, 1))
    chroma = lab[:, 1:].norm(dim=1, keepdim=True)
    colourful = mask * (chroma > _COLOURFUL)
    if colourful.sum() < 0.3 * mask.sum():  # as a gray robot: all but its lines takes the colour
        strength = mask * (lab[:, :1] > 0.35)
    else:
        usual = (colourful * chroma).sum() / colourful.sum()
        strength = colourful * (chroma / usual).clamp(0, 1.2)
    weight = strength.clamp(0, 1)
    mean = (weight * lab[:, :1]).sum() / weight.sum().clamp(min=1e-6)
    lightness = lab[:, :1] + 0.8 * weight * (target[:, :1] - mean)
    tint = (1 - weight) * lab[:, 1:] + strength * target[:, 1:]
    return _rgb(torch.cat([lightness, tint], dim=1)).clamp(0, 1)


def _lab(rgb: Tensor) -> Tensor:
    """Return sRGB (n, 3, H, W) in [0, 1] as OKLab."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _times(_TO_LAB, _times(_TO_LMS, linear).clamp(min=0) ** (1 / 3))


def _rgb(lab: Tensor) -> Tensor:
    linear = _times(_inverse(_TO_LMS), _times(_inverse(_TO_LAB), lab) ** 3).clamp(min=0)
    return torch.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@cache
def _inverse(matrix: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, torch.tensor(matrix, dtype=torch.float64).inverse().tolist()))


def _times(matrix: tuple[tuple[float, ...], ...], colours: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", torch.tensor(matrix, device=colours.device), colours)
