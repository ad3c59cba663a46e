"""Scenes: a sky with its weather, a ground, and a subject standing (or floating) in it."""

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
    "night": ((8, 10, 44), (26, 30, 84)),
    "sunset": ((110, 50, 130), (252, 142, 56)),
    "rain": ((84, 94, 112), (134, 144, 158)),
    "snow": ((176, 188, 206), (220, 226, 234)),
}
GROUND_COLOURS: dict[str, RGB] = {
    "grass": (84, 176, 62),
    "desert": (230, 190, 112),
    "sea": (24, 92, 178),
    "snowfield": (242, 246, 252),
    "road": (92, 92, 98),
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
    """Sun, moon, stars or clouds."""
    corner = rng.choice((0.15, 0.85))
    match weather:
        case "day":
            _disc(draw, corner * size, 0.14 * size, 0.1 * size, (255, 232, 60))
        case "night":
            for _ in range(22):
                _disc(draw, rng.random() * size, rng.random() * 0.6 * size, 0.009 * size, (255, 255, 230))
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
        for row in range(3):
            y = (horizon + 0.09 + 0.1 * row) * size
            for i in range(4):
                x = (0.28 * i - 0.1 + 0.14 * (row % 2)) * size
                draw.line((x, y, x + 0.14 * size, y), fill=tint((120, 180, 236), light), width=max(1, size // 50))
    elif ground == "road":
        draw.rectangle((0, horizon * size, size, (horizon + 0.04) * size), fill=tint((84, 176, 62), light))
        for i in range(4):
            x = (0.28 * i + 0.02) * size
            draw.rectangle((x, 0.93 * size, x + 0.15 * size, 0.96 * size), fill=tint((250, 246, 220), light))


def _draw_subjects(
    draw: ImageDraw.ImageDraw, picture: Picture, size: int, horizon: float, light: float, rng: random.Random
) -> None:
    drawer = SUBJECT_DRAWERS[picture.thing]
    colour = tint(jitter(COLOURS[picture.colour], rng, 8), light)
    xs = {1: [0.5 + rng.uniform(-0.06, 0.06)], 2: [0.26, 0.74], 3: [0.18, 0.5, 0.82]}[picture.count]
    width = {1: rng.uniform(0.64, 0.78), 2: 0.44, 3: 0.3}[picture.count]
    floats = picture.thing == "balloon"
    for x in xs:
        base = 0.46 + 0.5 * width + rng.uniform(-0.02, 0.02) if floats else horizon + 0.2 + rng.uniform(-0.02, 0.02)
        drawer(draw, x * size, base * size, width * size, colour, light)


def _draw_weather(draw: ImageDraw.ImageDraw, weather: str, size: int, rng: random.Random) -> None:
    if weather == "rain":
        for _ in range(34):
            x, y = rng.random() * 1.1 * size, rng.uniform(-0.05, 1) * size
            draw.line((x, y, x - 0.03 * size, y + 0.09 * size), fill=(186, 206, 232), width=max(1, size // 90))
    elif weather == "snow":
        for _ in range(34):
            _disc(draw, rng.random() * size, rng.random() * size, rng.uniform(0.012, 0.02) * size, (255, 255, 255))


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, colour: RGB) -> None:
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
