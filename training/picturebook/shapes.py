"""Flat coloured shapes on a plain background."""

import math
import random

from PIL import Image, ImageDraw

from training.picturebook.materials import cover
from training.picturebook.picture import Picture
from training.picturebook.words import COLOURS, RGB

Point = tuple[float, float]


def outline(shape: str, x: float, y: float, r: float, turn: float) -> list[Point]:
    """Return the polygon of a shape around (x, y) with radius r, turned by `turn` radians."""
    match shape:
        case "square":
            points = [(-0.82, -0.82), (0.82, -0.82), (0.82, 0.82), (-0.82, 0.82)]
        case "triangle":
            points = [(0.0, -0.95), (1.0, 0.8), (-1.0, 0.8)]
        case "star":
            angles = [-math.pi / 2 + math.pi / 5 * i for i in range(10)]
            radii = [1.08 if i % 2 == 0 else 0.46 for i in range(10)]
            points = [(k * math.cos(a), k * math.sin(a) + 0.08) for k, a in zip(radii, angles, strict=True)]
        case "heart":
            ts = [2 * math.pi * i / 48 for i in range(48)]
            waves = ((13, 1), (-5, 2), (-2, 3), (-1, 4))
            points = [(math.sin(t) ** 3, -sum(k * math.cos(n * t) for k, n in waves) / 16) for t in ts]
        case "diamond":
            points = [(0.0, -1.08), (0.68, 0.0), (0.0, 1.08), (-0.68, 0.0)]
        case "cross":
            a, b = 0.32, 0.98
            points = [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a)]
            points += [(a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]
        case _:
            points = [(math.cos(2 * math.pi * i / 60), math.sin(2 * math.pi * i / 60)) for i in range(60)]
    c, s = math.cos(turn), math.sin(turn)
    return [(x + r * (c * px - s * py), y + r * (s * px + c * py)) for px, py in points]


def draw_shapes(picture: Picture, size: int, rng: random.Random) -> Image.Image:
    """Draw a picture of shapes on a square canvas of `size` pixels."""
    background = jitter(COLOURS[picture.background], rng)
    image = Image.new("RGB", (size, size), background)
    draw = ImageDraw.Draw(image)
    for shape, colour, (x, y, r) in _layout(picture, rng):
        fill = jitter(COLOURS[colour], rng)
        turn = rng.uniform(-0.12, 0.12)
        rims = [outline(shape, x * size, y * size, r * size, turn)]
        draw.polygon(rims[0], fill=fill)
        if shape == "ring":
            rims.append(outline("circle", x * size, y * size, 0.55 * r * size, 0))
            draw.polygon(rims[1], fill=background)
        if picture.material != "solid" and shape == picture.thing:
            cover(image, picture.material, rims, fill, r * size, rng)
    return image


def jitter(colour: RGB, rng: random.Random, spread: int = 7) -> RGB:
    """Return the colour, lighter or darker by up to `spread`, each channel by 3 more or less."""
    shift = rng.randint(-spread, spread)
    r, g, b = (min(255, max(0, c + shift + rng.randint(-3, 3))) for c in colour)
    return r, g, b


def _layout(picture: Picture, rng: random.Random) -> list[tuple[str, str, tuple[float, float, float]]]:
    """Shape, colour and (x, y, radius) of each thing, in parts of the picture's side."""

    def near(x: float, y: float, r: float) -> tuple[float, float, float]:
        return x + rng.uniform(-0.025, 0.025), y + rng.uniform(-0.025, 0.025), r * rng.uniform(0.93, 1.07)

    if picture.other:
        first, second = {
            "left of": ((0.26, 0.5), (0.74, 0.5)), "right of": ((0.74, 0.5), (0.26, 0.5)),
            "above": ((0.5, 0.26), (0.5, 0.74)), "below": ((0.5, 0.74), (0.5, 0.26)),
        }[picture.relation]  # fmt: skip
        both = ((picture.thing, picture.colour, first), (picture.other, picture.other_colour, second))
        return [(shape, colour, near(*spot, 0.205)) for shape, colour, spot in both]
    if picture.count > 1:
        spots, r = _spots(picture.count, rng)
        return [(picture.thing, picture.colour, near(x, y, r)) for x, y in spots]
    x, y = {"centre": (0.5, 0.5), "left": (0.27, 0.5), "right": (0.73, 0.5), "top": (0.5, 0.27), "bottom": (0.5, 0.73)}[
        picture.place
    ]
    r = {"middle": rng.uniform(0.29, 0.36), "small": 0.17, "large": 0.42}[picture.size]
    if picture.place != "centre":
        r = 0.225
    return [(picture.thing, picture.colour, near(x, y, r))]


def _spots(count: int, rng: random.Random) -> tuple[list[Point], float]:
    """Return centres and radius for two to four equal shapes."""
    match count:
        case 2:
            return rng.choice([[(0.26, 0.5), (0.74, 0.5)], [(0.28, 0.28), (0.72, 0.72)]]), 0.205
        case 3:
            upward = [(0.5, 0.26), (0.25, 0.73), (0.75, 0.73)]
            return rng.choice([upward, [(x, 1 - y) for x, y in upward]]), 0.19
        case _:
            return [(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)], 0.18
