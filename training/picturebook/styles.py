"""Styles: what turns a plain picture into a watercolor, pixel art or a charcoal drawing."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Floats = npt.NDArray[np.float32]


def apply_style(image: Image.Image, style: str, rng: np.random.Generator) -> Image.Image:
    """Return the picture in one of `words.STYLES`; the subject stays recognisable.

    Raises:
        AssertionError: the style is unknown.
    """
    match style:
        case "plain":
            return image
        case "watercolor":
            return _watercolor(image, rng)
        case "pixel art":
            return image.resize((16, 16), Image.Resampling.BOX).resize(image.size, Image.Resampling.NEAREST)
        case "charcoal":
            return _charcoal(image, rng)
        case _:
            raise AssertionError(f"unknown style {style!r}")


def _watercolor(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Pale washes that pool darker at their edges, wobbling, with a bare rim of paper."""
    size = image.width
    wobble = np.stack([_smooth_noise(size, 9, rng), _smooth_noise(size, 9, rng)]) * 0.016 * size
    rows, columns = np.mgrid[0:size, 0:size]
    rows = np.clip(rows + wobble[0], 0, size - 1).astype(np.int32)
    columns = np.clip(columns + wobble[1], 0, size - 1).astype(np.int32)
    moved = Image.fromarray(np.asarray(image)[rows, columns])
    soft = _floats(moved.filter(ImageFilter.GaussianBlur(size / 170)))
    pooled = np.abs(soft - _floats(moved.filter(ImageFilter.GaussianBlur(size / 28)))).max(axis=2, keepdims=True)
    wash = 1 - (1 - soft) * (0.84 + 0.16 * _smooth_noise(size, 6, rng)[..., None])
    wash = wash * (1 - 0.4 * pooled)
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    border = np.minimum.reduce([x, 1 - x, y, 1 - y]) + 0.03 * _smooth_noise(size, 12, rng)
    paper = np.clip((0.055 - border) / 0.02, 0, 1)[..., None]
    return _image(wash * (1 - paper) + 0.985 * paper)


def _charcoal(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Grey tones with hatching in the dark parts and strong black outlines."""
    size = image.width
    colours = _floats(image)
    tone = colours @ np.array([0.3, 0.55, 0.15], dtype=np.float32)
    near = _floats(image.filter(ImageFilter.MaxFilter(2 * (size // 80) + 1)))
    far = _floats(image.filter(ImageFilter.MinFilter(2 * (size // 80) + 1)))
    edges = np.clip((near - far).max(axis=2) * 1.8 - 0.15, 0, 1)
    y, x = np.mgrid[0:size, 0:size]
    hatch = 0.5 + 0.5 * np.sin((x + y) * (2 * np.pi / (size / 14)))
    grain = rng.normal(0, 0.05, (size, size)).astype(np.float32)
    paper = 0.42 + 0.52 * tone - 0.2 * (1 - tone) * hatch + grain
    return _image(np.repeat((paper * (1 - 0.85 * edges))[..., None], 3, axis=2))


def _smooth_noise(size: int, cells: int, rng: np.random.Generator) -> Floats:
    """Noise in -1 to 1 that changes over about `size` / `cells` pixels; (size, size)."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32)


def _floats(image: Image.Image) -> Floats:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _image(pixels: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))
