"""Self-masking: find the part of a picture that words name (paper §2.5, appendix G.2).

The picture is cut into a pyramid of square crops, and each crop's distance to the phrase is recorded at its centre. The
normalised maps of all sizes and perceptors are averaged; the region is the part far enough below the mean. Perceptors
trained on whole pictures recognise a thing better by its absence. So a second map records how much nearer the picture
is to the phrase than the picture with a square covered.

A new thing may need more room than the old one. If a learned start paints the two differently somewhere, the new thing
would lie there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.method import losses
from engine.models.generator import LearnedStart
from engine.models.perceptor import Perceptor

GREY = 0.5  # what crops show beyond the picture's edge
BATCH = 64  # crops that a perceptor sees at once


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSettings:
    """Say how to look for a region. Lengths are parts of the picture's short side, thresholds deviations."""

    sides: tuple[float, ...] = (0.25, 0.5, 0.7)  # the crops' sides
    grid: int = 8  # the crops' centres along the short side
    cover: float = 0.0  # the side of the covered squares; 0 covers none, as in the paper
    threshold: float = 2.0  # how far below the mean a distance must be; less takes more
    smooth: float = 0.03  # the radius of the blur
    grow: float = 0.05  # how far the region is widened
    room: float | None = None  # how far above the mean the learned starts must differ to be painted too; None: never


class RegionNotFoundError(ValueError):
    """No part of the picture looks like the phrase."""

    def __init__(self, phrase: str) -> None:
        super().__init__(
            f"I could not find “{phrase}” in the picture. Name it as it looks, for example with its colour, "
            "or draw a mask: white where I am to paint, black elsewhere."
        )


@torch.no_grad()
def find(
    image: Tensor, phrase: str, perceptors: Sequence[Perceptor], weights: Sequence[float], settings: RegionSettings
) -> Tensor:
    """Return the mask (1, 1, H, W) in [0, 1] of ``phrase`` in ``image`` (1, 3, H, W), with soft edges.

    Raises :class:`RegionNotFoundError` if no distance is far enough below the mean, and
    :class:`engine.models.perceptor.PromptTooLongError`.
    """
    height, width = image.shape[-2:]
    distances = distance_map(image, phrase, perceptors, weights, settings)
    below = F.interpolate(-distances, (height, width), mode="bicubic", align_corners=False)
    region = (below >= settings.threshold).float()
    if not region.any():
        raise RegionNotFoundError(phrase)
    grow, smooth = (round(part * min(height, width)) for part in (settings.grow, settings.smooth))
    region = F.max_pool2d(region, 2 * grow + 1, 1, grow)
    soft: Tensor = F.avg_pool2d(region, 2 * smooth + 1, 1, smooth, count_include_pad=False)
    return soft


@torch.no_grad()
def room(z: Tensor, old: Tensor, new: Tensor, network: LearnedStart, size: Sequence[int], threshold: float) -> Tensor:
    """Return where the new thing would lie, (1, 1, H, W) of ``size``: 1 where the learned starts differ, else 0.

    ``old`` and ``new`` (1, d) are the embeddings of the two phrases. Both starts keep the layout of the input's ``z``
    (1, e, h, w). They differ if their mean squared difference is ``threshold`` deviations above its mean.
    """
    lies = network.recognise(z)[0]
    change = (network(new, lies) - network(old, lies)).square().mean(1, keepdim=True)
    change = _normalised(F.avg_pool2d(change, 3, 1, 1, count_include_pad=False))
    return (F.interpolate(change, tuple(size), mode="bicubic", align_corners=False) >= threshold).float()


@torch.no_grad()
def distance_map(
    image: Tensor, phrase: str, perceptors: Sequence[Perceptor], weights: Sequence[float], settings: RegionSettings
) -> Tensor:
    """Return the distances to ``phrase`` at the crops' centres, (1, 1, rows, columns), in deviations from the mean."""
    crops = covers = torch.zeros((), device=image.device)
    for perceptor, weight in zip(perceptors, weights, strict=True):
        if not weight:
            continue
        text, size = perceptor.embed_text([phrase]), perceptor.input_size
        for side in settings.sides:
            crops = crops + weight * _recorded(*pyramid_level(image, side, settings.grid, size), perceptor, text)
        if settings.cover:
            covered = cover_level(image, settings.cover, settings.grid, size)
            covers = covers - weight * _recorded(*covered, perceptor, text)
    return _normalised(_normalised(crops) + _normalised(covers) if settings.cover else crops)


def _recorded(views: Tensor, rows: int, columns: int, perceptor: Perceptor, text: Tensor) -> Tensor:
    """Return normalised distances of the views to the text, (1, 1, rows, columns)."""
    seen = torch.cat([perceptor.embed_images(part) for part in views.split(BATCH)])
    return _normalised(losses.spherical_distance(seen, text).view(1, 1, rows, columns))


def pyramid_level(image: Tensor, side: float, grid: int, size: int) -> tuple[Tensor, int, int]:
    """Return crops (rows · columns, 3, size, size), row by row, with centres evenly over ``image`` (1, 3, H, W).

    ``side`` is a crop's side in parts of the short side, along which there are ``grid`` centres.
    """
    rows, columns = _centres(image, grid)
    step = max(1, round(size / (side * grid)))
    scaled = F.interpolate(image, (rows * step, columns * step), mode="bilinear", antialias=True, align_corners=False)
    before = (size - step) // 2  # so that the first centre is half a step from the edge
    after = size - step - before
    padded = F.pad(scaled - GREY, (before, after, before, after)) + GREY
    windows = padded.unfold(2, size, step).unfold(3, size, step)  # (1, 3, rows, columns, size, size)
    return windows[0].permute(1, 2, 0, 3, 4).reshape(-1, image.shape[1], size, size), rows, columns


def cover_level(image: Tensor, side: float, grid: int, size: int) -> tuple[Tensor, int, int]:
    """Return the picture, made square, with a square covered at each centre: (rows · columns, 3, size, size).

    The covered square has the picture's mean colour and ``side``, in parts of the short side.
    """
    rows, columns = _centres(image, grid)
    small = F.interpolate(image, (size, size), mode="bilinear", antialias=True, align_corners=False)
    ys, xs = ((torch.arange(n, device=image.device) + 0.5) / n for n in (rows, columns))
    places = (torch.arange(size, device=image.device) + 0.5) / size
    half = side / 2 * grid  # in centres, of which the long side has more
    over_rows = (places[None] - ys[:, None]).abs() * rows < half
    over_columns = (places[None] - xs[:, None]).abs() * columns < half
    covered = (over_rows[:, None, :, None] & over_columns[None, :, None, :]).view(-1, 1, size, size)
    return torch.where(covered, small.mean((2, 3), keepdim=True), small), rows, columns


def _centres(image: Tensor, grid: int) -> tuple[int, int]:
    """Return rows and columns of centres, ``grid`` of them along the short side."""
    height, width = image.shape[-2:]
    short = min(height, width)
    return round(grid * height / short), round(grid * width / short)


def _normalised(values: Tensor) -> Tensor:
    """Scale to mean 0 and deviation 1; return zeros if all values are the same."""
    centred = values - values.mean()
    return centred / centred.square().mean().sqrt().clamp(min=1e-6)
