"""Draw a picture's attributes at any size, always the same for the same seed."""

import random
from collections.abc import Sequence

import numpy as np
from PIL import Image

from training.picturebook.picture import Picture
from training.picturebook.scenes import draw_scene
from training.picturebook.shapes import draw_shapes
from training.picturebook.styles import apply_style


def draw(picture: Picture, seed: int, size: int = 64) -> Image.Image:
    """Draw `picture` as an RGB image of `size` x `size` pixels; `seed` decides what the attributes leave open."""
    rng = random.Random(seed)
    canvas = 3 * size if size < 100 else 2 * size
    large = (draw_scene if picture.is_scene else draw_shapes)(picture, canvas, rng)
    return apply_style(large, picture.style, size, np.random.default_rng(seed))


def sheet(pictures: Sequence[Picture], size: int = 96, columns: int = 16) -> Image.Image:
    """Return the pictures side by side, row by row."""
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * size, rows * size), "white")
    for i, picture in enumerate(pictures):
        page.paste(draw(picture, i, size), (i % columns * size, i // columns * size))
    return page
