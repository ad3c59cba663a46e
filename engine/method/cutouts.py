"""Cutouts: random crops, each warped, recoloured and noised (paper §2.3).

Every random number is drawn on the CPU from the run's own generator in a fixed order. So neither another run nor the
device changes what a seed means. Crop, flip, affine and perspective are composed into one homography, which
:mod:`engine.method.warp` samples once.
"""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import kornia.geometry.transform as geometry
import torch
from torch import Tensor

from engine.device import transfers
from engine.method import warp


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoutSettings:
    """Ranges of the augmentations. Lengths are fractions of the cutout's side, angles are degrees."""

    count: int = 32
    crop: tuple[float, float] = (0.5, 1.0)  # least and greatest side, as fractions of the picture's short side
    whole: float = 0.0  # the probability of a cutout of the whole picture
    flip: float = 0.5  # a probability
    rotate: float = 15.0
    shift: float = 0.1
    zoom: tuple[float, float] = (1.0, 1.0)
    shear: float = 5.0
    perspective: float = 0.2
    jitter: float = 0.1
    noise: float = 0.1


AUGMENTATIONS: Mapping[str, Mapping[str, object]] = {
    "crop": {"crop": (1.0, 1.0), "whole": 0.0},
    "flip": {"flip": 0.0},
    "affine": {"rotate": 0.0, "shift": 0.0, "zoom": (1.0, 1.0), "shear": 0.0},
    "perspective": {"perspective": 0.0},
    "jitter": {"jitter": 0.0},
    "noise": {"noise": 0.0},
}
"""The augmentations of paper §2.3 and §5.2 by name, with the values of their settings that turn them off."""


def only(names: Collection[str], settings: CutoutSettings) -> CutoutSettings:
    """Return ``settings`` with only the named augmentations; one that was off gets its usual strength."""
    usual, values = CutoutSettings(), dict[str, object]()
    for name, off in AUGMENTATIONS.items():
        on = any(getattr(settings, field) != value for field, value in off.items())
        source = settings if on else usual
        values |= {field: getattr(source, field) if name in names else value for field, value in off.items()}
    return dataclasses.replace(settings, **values)  # type: ignore[arg-type]


def chosen(settings: CutoutSettings, count: int | None, names: Collection[str] | None) -> CutoutSettings:
    """Return ``settings`` with another ``count`` and only the named augmentations, as far as those are given."""
    settings = dataclasses.replace(settings, count=count or settings.count)
    return settings if names is None else only(names, settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One drawing of every parameter for n cutouts, each (n, …) on the CPU."""

    box: Tensor  # x0, y0 and side, as fractions of the free width, free height and short side
    flip: Tensor
    angle: Tensor
    shift: Tensor
    zoom: Tensor
    shear: Tensor
    corners: Tensor
    colour: Tensor
    noise: Tensor  # a level in [0, settings.noise]
    noise_seed: int
    first: int = 0  # of a part, its first cutout
    of: int = 0  # of a part, how many cutouts there are in all; 0 if this is no part


def draw(settings: CutoutSettings, rng: torch.Generator) -> Draw:
    """Draw the parameters of ``settings.count`` cutouts from ``rng``."""
    n = settings.count

    def uniform(*shape: int, low: float = -1.0, high: float = 1.0) -> Tensor:
        return torch.rand(n, *shape, generator=rng) * (high - low) + low

    box = uniform(3, low=0.0)
    low, high = settings.crop
    side = torch.where(uniform(low=0.0) < settings.whole, torch.ones(n), low + (high - low) * box[:, 2])
    return Draw(
        box=torch.cat([box[:, :2], side[:, None]], dim=1),
        flip=uniform(low=0.0) < settings.flip,
        angle=uniform() * settings.rotate,
        shift=uniform(2) * settings.shift,
        zoom=uniform(low=settings.zoom[0], high=settings.zoom[1]),
        shear=torch.deg2rad(uniform(2) * settings.shear),
        corners=uniform(4, 2, low=0.0) * settings.perspective / 2,
        colour=uniform(4) * settings.jitter,
        noise=uniform(low=0.0) * settings.noise,
        noise_seed=int(torch.randint(2**62, (1,), generator=rng)),
    )


def part(drawn: Draw, first: int, end: int) -> Draw:
    """Return the cutouts from ``first`` to before ``end``, each with the same numbers as among all."""
    values = {field.name: getattr(drawn, field.name) for field in dataclasses.fields(drawn)}
    taken: dict[str, Any] = {name: value[first:end] for name, value in values.items() if isinstance(value, Tensor)}
    return dataclasses.replace(drawn, first=first, of=len(drawn.noise), **taken)


def some(drawn: Draw, count: int) -> Draw:
    """Return a drawing of the first ``count`` cutouts alone."""
    return dataclasses.replace(part(drawn, 0, count), first=0, of=0)


MARGIN = 1.25  # the least side of a focused crop, in sides of what it must show


def focused(drawn: Draw, box: tuple[int, int, int, int], width: int, height: int) -> Draw:
    """Return the same cutouts with crops that show all of ``box`` (left, top, right, bottom in pixels).

    Their sides are scaled to lie between :data:`MARGIN` sides of the box and the picture's short side. If the box is
    larger than the short side, the crops show its middle.
    """
    short = min(width, height)
    least = min(1.0, MARGIN * max(box[2] - box[0], box[3] - box[1]) / short)
    side = least + (1 - least) * drawn.box[:, 2]
    starts = [
        _start(place, side * short, low, high, length)
        for place, low, high, length in (
            (drawn.box[:, 0], box[0], box[2], width),
            (drawn.box[:, 1], box[1], box[3], height),
        )
    ]
    return dataclasses.replace(drawn, box=torch.stack([*starts, side], dim=1))


def _start(place: Tensor, side: Tensor, low: int, high: int, length: int) -> Tensor:
    """Return where crops of ``side`` pixels begin, 0 to 1 of the free length, so that they hold ``low`` to ``high``.

    ``place`` is 0 to 1 of the starts that do.
    """
    first = (high - side).clamp(min=0)
    last = torch.minimum(torch.full_like(side, float(low)), length - side).maximum(first)
    return (first + place * (last - first)) / (length - side).clamp(min=1e-6)


def homography(drawn: Draw, width: int, height: int, size: int) -> Tensor:
    """Return matrices (n, 3, 3) from picture pixels (width × height) to cutout pixels (size × size)."""
    n, short = len(drawn.box), min(width, height)
    side = (drawn.box[:, 2] * short).clamp(min=2)
    x0, y0 = drawn.box[:, 0] * (width - side), drawn.box[:, 1] * (height - side)
    last = size - 1
    crop = torch.zeros(n, 3, 3)
    crop[:, 0, 0] = crop[:, 1, 1] = last / (side - 1)
    crop[:, 0, 2], crop[:, 1, 2], crop[:, 2, 2] = -x0 * last / (side - 1), -y0 * last / (side - 1), 1
    flip = torch.eye(3).repeat(n, 1, 1)
    flip[drawn.flip, 0, 0], flip[drawn.flip, 0, 2] = -1.0, last
    affine = geometry.get_affine_matrix2d(
        drawn.shift * size,
        torch.full((n, 2), last / 2),
        drawn.zoom[:, None].expand(n, 2),
        drawn.angle,
        sx=drawn.shear[:, 0],
        sy=drawn.shear[:, 1],
    )
    square = torch.tensor([[0.0, 0], [last, 0], [last, last], [0, last]]).expand(n, 4, 2)
    inward = torch.tensor([[1.0, 1], [-1, 1], [-1, -1], [1, -1]])
    perspective = geometry.get_perspective_transform(square, square + drawn.corners * size * inward)
    matrices: Tensor = perspective @ affine @ flip @ crop
    return matrices


class Numbers(NamedTuple):
    """Hold what n cutouts need on the picture's device (see :mod:`engine.method.warp`)."""

    back: Tensor
    order: Tensor
    colours: Tensor
    shifts: Tensor
    noise: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A :class:`Draw` for one size of pictures and of cutouts; its ``numbers`` may be sent to a device."""

    size: int
    halvings: list[int]
    coloured: bool
    drawn: Draw
    numbers: Numbers


def plan(drawn: Draw, width: int, height: int, size: int) -> Plan:
    """Plan cutouts of ``size`` pixels of a picture of width × height, on the CPU."""
    halvings = warp.levels(drawn.box[:, 2] * min(height, width) / (size * drawn.zoom), width, height)
    by_level = sorted(range(len(halvings)), key=halvings.__getitem__)
    matrices, shifts = warp.colours(drawn.colour)
    return Plan(
        size=size,
        halvings=halvings,
        coloured=bool(drawn.colour.any()),
        drawn=drawn,
        numbers=Numbers(
            back=warp.ways_back(homography(drawn, width, height, size)[by_level], width, height),
            order=torch.tensor(by_level).argsort().float(),
            colours=matrices,
            shifts=shifts,
            noise=drawn.noise,
        ),
    )


def follow(plan: Plan, image: Tensor) -> Tensor:
    """Return cutouts (n, 3, size, size) in about [0, 1] of one picture (1, 3, H, W) in [0, 1], float32.

    The plan's numbers are on the picture's device. What lies outside repeats the picture's border.
    """
    numbers = plan.numbers
    cutouts = warp.sample(image, numbers.back, plan.halvings, numbers.order, plan.size)
    if plan.coloured:
        cutouts = warp.recolour(cutouts, numbers.colours, numbers.shifts)
    drawn = plan.drawn
    return warp.add_noise(cutouts, numbers.noise, drawn.noise_seed, drawn.first, drawn.of)


def apply(image: Tensor, drawn: Draw, size: int) -> Tensor:
    """Plan one drawing and :func:`follow` it."""
    made = plan(drawn, image.shape[-1], image.shape[-2], size)
    numbers = Numbers(*transfers.to_device(made.numbers, image.device))
    return follow(dataclasses.replace(made, numbers=numbers), image)
