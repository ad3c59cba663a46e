"""Scenes: a sky with its weather, a ground, and a subject standing (or floating) in it."""

import math
import random

import numpy as np
from PIL import Image, ImageDraw

from training.picturebook.picture import Picture
from training.picturebook.shapes import jitter
from training.picturebook.subjects import SUBJECT_DRAWERS, tint
from training.picturebook.words import COLOURS, RGB

SKIES: dict[str, tuple[RGB, RGB]] = {
    "day": ((64, 158, 244), (176, 222, 252)),
    "cloudy": ((150, 160, 174), (204, 210, 216)),
    "night": ((10, 14, 54), (32, 40, 100)),
    "sunset": ((110, 50, 130), (252, 142, 56)),
    "rain": ((84, 94, 112), (134, 144, 158)),
    "snow": ((176, 188, 206), (220, 226, 234)),
}
GROUND_COLOURS: dict[str, RGB] = {
    "grass": (116, 196, 78),
    "desert": (230, 190, 112),
    "sea": (48, 124, 196),
    "snowfield": (226, 236, 248),
    "road": (80, 80, 88),
}
LIGHT: dict[str, float] = {"night": 0.5, "rain": 0.8, "sunset": 0.85}
"""How bright the ground is by weather; subjects are dimmed by half of it, to keep their colour."""


def draw_scene(picture: Picture, size: int, rng: random.Random) -> Image.Image:
    """Draw a scene on a square canvas of `size` pixels."""
    horizon = rng.uniform(0.6, 0.68)
    image = _sky(picture.weather, size)
    draw = ImageDraw.Draw(image)
    light = LIGHT.get(picture.weather, 1.0)
    _draw_lights(draw, picture.weather, size, horizon, rng)
    if picture.mountains:
        _draw_mountains(draw, size, horizon, light, rng)
    _draw_ground(draw, picture.ground, size, horizon, light, rng)
    if picture.thing:
        _draw_subjects(draw, picture, size, horizon, (1 + light) / 2, rng)
    _draw_weather(draw, picture.weather, size, rng)
    return image


def _sky(weather: str, size: int) -> Image.Image:
    top, bottom = (np.array(colour, dtype=np.float32) for colour in SKIES[weather])
    t = np.clip(np.linspace(0, 1.5, size, dtype=np.float32), 0, 1)[:, None]
    column = (top * (1 - t) + bottom * t).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(column[:, None], (size, size, 3))))


def _draw_lights(draw: ImageDraw.ImageDraw, weather: str, size: int, horizon: float, rng: random.Random) -> None:
    """Draw sun, moon, stars or clouds."""
    corner = rng.choice((0.15, 0.85))
    match weather:
        case "day":
            _disc(draw, corner * size, 0.14 * size, 0.1 * size, (255, 232, 60))
        case "night":
            for i in range(10):
                x, y = (0.06 + 0.1 * i + rng.uniform(-0.03, 0.03)) * size, rng.uniform(0.03, 0.5) * size
                _disc(draw, x, y, rng.uniform(0.015, 0.021) * size, (255, 255, 220))
            _disc(draw, corner * size, 0.15 * size, 0.09 * size, (252, 248, 214))
        case "sunset":
            _disc(draw, corner * size, horizon * size, 0.15 * size, (255, 84, 40))
        case "cloudy" | "rain":
            white = (246, 248, 250) if weather == "cloudy" else (70, 76, 92)
            for i in range(3):
                x, y = (0.16 + 0.34 * i + rng.uniform(-0.06, 0.06)) * size, rng.uniform(0.07, 0.2) * size
                for dx, r in ((-0.09, 0.055), (0.0, 0.08), (0.09, 0.055)):
                    _disc(draw, x + dx * size, y, r * size, white)


def _draw_mountains(draw: ImageDraw.ImageDraw, size: int, horizon: float, light: float, rng: random.Random) -> None:
    for x in (rng.uniform(0.05, 0.25), rng.uniform(0.75, 0.95), 0.5 + rng.uniform(-0.1, 0.1)):
        height, half = rng.uniform(0.24, 0.36), rng.uniform(0.22, 0.3)
        peak = (x * size, (horizon - height) * size)
        foot = [((x - half) * size, horizon * size), ((x + half) * size, horizon * size)]
        draw.polygon([peak, *foot], fill=tint((112, 104, 116), light))
        cap = [(peak[0] + k * half * 0.3 * size, peak[1] + height * 0.3 * size) for k in (-1, 1)]
        draw.polygon([peak, *cap], fill=tint((240, 244, 250), light))


def _draw_ground(
    draw: ImageDraw.ImageDraw, ground: str, size: int, horizon: float, light: float, rng: random.Random
) -> None:
    colour = tint(jitter(GROUND_COLOURS[ground], rng, 6), light)
    draw.rectangle((0, horizon * size, size, size), fill=colour)
    if ground == "sea":
        foam = tint((170, 216, 246), light)
        for row in range(2):
            y, start = horizon + 0.14 + 0.13 * row, rng.random()
            waves = [(x / 32, y + 0.018 * math.sin(8 * math.pi * (x / 32 + start))) for x in range(34)]
            draw.line([(size * px, size * py) for px, py in waves], fill=foam, width=max(1, size // 34), joint="curve")
    elif ground == "road":
        draw.rectangle((0, horizon * size, size, (horizon + 0.04) * size), fill=tint(GROUND_COLOURS["grass"], light))
        for i in range(4):
            x = (0.28 * i + 0.02) * size
            draw.rectangle((x, 0.93 * size, x + 0.15 * size, 0.96 * size), fill=tint((250, 246, 220), light))


def _draw_subjects(
    draw: ImageDraw.ImageDraw, picture: Picture, size: int, horizon: float, light: float, rng: random.Random
) -> None:
    drawer = SUBJECT_DRAWERS[picture.thing]
    colour = tint(jitter(COLOURS[picture.colour], rng, 8), light)
    width, spots = {
        1: (rng.uniform(0.7, 0.82), [(0.5 + rng.uniform(-0.06, 0.06), 0.0)]),
        2: (0.47, [(0.26, 0.0), (0.74, 0.0)]),
        3: (0.42, [(0.5, -0.17), (0.25, 0.07), (0.75, 0.07)]),
    }[picture.count]
    for x, lower in spots:
        base = 0.46 + 0.5 * width + 1.4 * lower if picture.thing == "balloon" else horizon + 0.21 + lower
        drawer(draw, x * size, (base + rng.uniform(-0.02, 0.02)) * size, width * size, colour, light)


def _draw_weather(draw: ImageDraw.ImageDraw, weather: str, size: int, rng: random.Random) -> None:
    if weather == "rain":
        for x, y in _scattered(4, rng):
            streak = (x * size, (y - 0.06) * size, (x - 0.03) * size, (y + 0.06) * size)
            draw.line(streak, fill=(196, 216, 240), width=max(1, size // 48))
    elif weather == "snow":
        for x, y in _scattered(4, rng):
            _disc(draw, x * size, y * size, rng.uniform(0.024, 0.032) * size, (255, 255, 255))


def _scattered(rows: int, rng: random.Random) -> list[tuple[float, float]]:
    """Return rows² places all over the picture, none close to another."""
    step = 1 / rows
    return [
        ((i + 0.5 + rng.uniform(-0.3, 0.3)) * step, (k + 0.5 + rng.uniform(-0.3, 0.3)) * step)
        for i in range(rows)
        for k in range(rows)
    ]


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, colour: RGB) -> None:
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
