"""Materials of shapes: wooden planks, stripes and dots, all in tones of the shape's colour."""

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageDraw

from training.picturebook.words import RGB

Rim = Sequence[tuple[float, float]]


def cover(image: Image.Image, material: str, rims: Sequence[Rim], colour: RGB, r: float, rng: random.Random) -> None:
    """Cover a shape with a material, in place; a band of the plain colour stays along its rims.

    `rims` are the shape's outline and, for a ring, the hole's; lengths in pixels, `r` the shape's radius.

    Raises:
        AssertionError: the material is unknown, or "solid".
    """
    left, top = (max(0, int(min(point[axis] for point in rims[0]))) for axis in (0, 1))
    side = int(2.4 * r)
    mask = Image.new("L", (side, side), 0)
    drawn = ImageDraw.Draw(mask)
    local = [[(x - left, y - top) for x, y in rim] for rim in rims]
    drawn.polygon(local[0], fill=255)
    for hole in local[1:]:
        drawn.polygon(hole, fill=0)
    for rim in local:
        drawn.line([*rim, rim[0], rim[1]], fill=0, width=max(1, round(0.13 * r)), joint="curve")
    image.paste(_texture(material, side, colour, r, rng), (left, top), mask)


def _texture(material: str, side: int, colour: RGB, r: float, rng: random.Random) -> Image.Image:
    texture = Image.new("RGB", (side, side), colour)
    draw = ImageDraw.Draw(texture)
    match material:
        case "striped":
            _stripes(draw, side, _contrast(colour), r, rng)
        case "dotted":
            _dots(draw, side, _contrast(colour), r, rng)
        case "wooden":
            _planks(draw, side, colour, r, rng)
        case _:
            raise AssertionError(f"unknown material {material!r}")
    return texture


def _contrast(colour: RGB) -> RGB:
    """Return white, or for light colours a dark tone of them."""
    r, g, b = colour
    return (255, 255, 255) if 0.3 * r + 0.59 * g + 0.11 * b < 160 else (r * 3 // 10, g * 3 // 10, b * 3 // 10)


def _stripes(draw: ImageDraw.ImageDraw, side: int, fill: RGB, r: float, rng: random.Random) -> None:
    """Draw three or four bold stripes, upright or slanting."""
    step, slant = 0.5 * r, rng.choice((-1, 0, 1)) * side
    start = rng.random() * step
    for i in range(-int(side / step) - 1, 2 * int(side / step) + 2):
        x = start + i * step
        draw.polygon([(x, 0), (x + 0.42 * step, 0), (x + 0.42 * step + slant, side), (x + slant, side)], fill=fill)


def _dots(draw: ImageDraw.ImageDraw, side: int, fill: RGB, r: float, rng: random.Random) -> None:
    """Draw big round dots in rows, every other row shifted by half a step."""
    step, radius = 0.52 * r, 0.155 * r
    left, top = rng.random() * step, rng.random() * step
    for row in range(-1, int(side / step) + 3):
        for column in range(-1, int(side / step) + 2):
            x, y = left + (column + 0.5 * (row % 2)) * step, top + row * 0.85 * step
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _planks(draw: ImageDraw.ImageDraw, side: int, colour: RGB, r: float, rng: random.Random) -> None:
    """Draw planks of two tones with dark joints between them, wavy grain and a knot in every other one."""
    step, start = 0.56 * r, -rng.random() * 0.4 * r
    grain, light = _tone(colour, -0.55), _tone(colour, 0.34)
    for row in range(int(side / step) + 2):
        y = start + row * step
        if row % 2:
            draw.rectangle((0, y, side, y + step), fill=light)
        phase = rng.random() * 6.28
        for part in (0.3, 0.68):
            wave = [(x * side / 16, y + (part + 0.07 * math.sin(0.8 * x + phase)) * step) for x in range(17)]
            draw.line(wave, fill=grain, width=max(1, round(0.04 * r)))
        draw.line((0, y, side, y), fill=_tone(colour, -0.75), width=max(1, round(0.09 * r)))
        x, high, wide = (0.25 + 0.5 * rng.random()) * side, 0.14 * step, 0.24 * step
        draw.ellipse((x - wide, y + step / 2 - high, x + wide, y + step / 2 + high), fill=grain)


def _tone(colour: RGB, change: float) -> RGB:
    """Return a tone darkened towards brown for a negative change, else a lighter one; black has lighter tones alone."""
    if sum(colour) < 130:
        change = abs(change) * 0.8
    goals = (255, 240, 220) if change > 0 else (48, 20, 2)
    r, g, b = (round(c + abs(change) * (goal - c)) for c, goal in zip(colour, goals, strict=True))
    return r, g, b
