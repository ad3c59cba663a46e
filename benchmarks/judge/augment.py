"""Make drawn pictures look painted, because the judge must read both alike."""

import torch
from torch import Tensor
from torch.nn import functional as F

SLIGHT = 0.15  # a warp of about one pixel of 128, as far as a painting's outlines stray


def augment(images: Tensor, rng: torch.Generator, warp: float = 1.0) -> Tensor:
    """Warp, blur, blotch and noise pictures (n, 3, h, w), too gently to change a place, size or colour.

    ``warp`` scales the warp alone.
    """
    n, size = len(images), images.shape[-1]
    moved = F.grid_sample(images.contiguous(), _grid(n, size, rng, warp), padding_mode="border", align_corners=False)
    blurred, chance = moved.clone(), torch.rand(n, generator=rng)
    half, soft = chance < 0.2, (chance >= 0.2) & (chance < 0.4)
    blurred[half] = F.interpolate(F.avg_pool2d(moved[half], 2), size, mode="bilinear", align_corners=False)
    blurred[soft] = F.avg_pool2d(F.pad(moved[soft], (1, 1, 1, 1), mode="replicate"), 3, 1)
    gain = 1 + 0.08 * torch.randn(n, 1, 1, 1, generator=rng) + 0.03 * torch.randn(n, 3, 1, 1, generator=rng)
    lift = 0.03 * torch.randn(n, 1, 1, 1, generator=rng)
    spots = _strengths(n, 0.08, rng) * torch.randn(n, 3, size // 4, size // 4, generator=rng)
    blotches = F.interpolate(spots, size, mode="bilinear", align_corners=False)
    noise = _strengths(n, 0.1, rng) * torch.randn(images.shape, generator=rng)
    return blurred * gain + lift + blotches + noise


def _strengths(n: int, most: float, rng: torch.Generator) -> Tensor:
    """Draw strengths from 0 to `most`, (n, 1, 1, 1), small ones more often."""
    return most * torch.rand(n, 1, 1, 1, generator=rng).square()


def _grid(n: int, size: int, rng: torch.Generator, warp: float) -> Tensor:
    """Draw where each pixel comes from, (n, size, size, 2): a slight turn, shift and crop, and wobbling lines."""

    def uniform(*shape: int, reach: float) -> Tensor:
        return warp * reach * (2 * torch.rand(shape, generator=rng) - 1)

    turn, zoom = uniform(n, reach=0.1), 1 + uniform(n, 2, reach=0.06)
    cos, sin = turn.cos(), turn.sin()
    shift = uniform(n, 2, reach=0.09)
    rows = [torch.stack([zoom[:, 0] * cos, -sin, shift[:, 0]], 1), torch.stack([sin, zoom[:, 1] * cos, shift[:, 1]], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), [n, 3, size, size], align_corners=False)
    wobble = warp * 0.02 * torch.randn(n, 2, 8, 8, generator=rng) * torch.rand(n, 1, 1, 1, generator=rng)
    return grid + F.interpolate(wobble, size, mode="bicubic", align_corners=False).permute(0, 2, 3, 1)
