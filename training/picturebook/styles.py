"""Styles: what turns a plain picture into a watercolor, pixel art, a charcoal drawing or an oil painting."""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Floats = npt.NDArray[np.float32]
STROKES_FROM = 96
"""Styles are worked out at this many pixels at least: at 64 px their strokes would be of no width."""


def apply_style(image: Image.Image, style: str, size: int, rng: np.random.Generator) -> Image.Image:
    """Return the picture in one of `words.STYLES` at `size` pixels; the subject stays recognisable.

    Raises:
        AssertionError: the style is unknown.
    """
    work = max(STROKES_FROM, size)
    match style:
        case "plain":
            return image.resize((size, size), Image.Resampling.BOX)
        case "pixel art":
            return _cells(image).resize((size, size), Image.Resampling.NEAREST)
        case "watercolor":
            styled = _watercolor(image.resize((work, work), Image.Resampling.BOX), rng)
        case "charcoal":
            styled = _charcoal(image.resize((work, work), Image.Resampling.BOX), rng)
        case "oil painting":
            styled = _oil_painting(image.resize((work, work), Image.Resampling.BOX), rng)
        case _:
            raise AssertionError(f"unknown style {style!r}")
    return styled.resize((size, size), Image.Resampling.BOX)


def _cells(image: Image.Image) -> Image.Image:
    """Return 16 x 16 cells, nearer to the median colour of each than to the mean: crisp outlines, small things kept."""
    fine = image.resize((48, 48), Image.Resampling.BOX)
    median = fine.filter(ImageFilter.MedianFilter(3)).resize((16, 16), Image.Resampling.NEAREST)
    return Image.blend(fine.resize((16, 16), Image.Resampling.BOX), median, 0.65)


def _watercolor(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Draw in pale washes that pool darker at their edges, wobbling, with a bare rim of paper."""
    size = image.width
    rows, columns = _grid(size)
    rows = np.clip(rows + _smooth_noise(size, 9, rng) * 0.013 * size, 0, size - 1).astype(np.int32)
    columns = np.clip(columns + _smooth_noise(size, 9, rng) * 0.013 * size, 0, size - 1).astype(np.int32)
    moved = Image.fromarray(np.asarray(image)[rows, columns])
    soft = _floats(moved.filter(ImageFilter.GaussianBlur(size / 170)))
    pooled = _most(np.abs(soft - _floats(moved.filter(ImageFilter.GaussianBlur(size / 28)))))[..., None]
    wash = 1 - (1 - soft) * (0.84 + 0.16 * _smooth_noise(size, 6, rng)[..., None])
    wash = wash * (1 - 0.4 * pooled)
    border = _to_border(size) + 0.03 * _smooth_noise(size, 12, rng)
    paper = np.clip((0.055 - border) / 0.02, 0, 1)[..., None]
    return _image(wash * (1 - paper) + 0.985 * paper)


def _charcoal(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Draw in grey tones with hatching in the dark parts and strong black outlines."""
    size = image.width
    tone = _floats(image) @ np.array([0.3, 0.55, 0.15], dtype=np.float32)
    edges = np.clip(_contrast_nearby(np.asarray(image), max(1, size // 128)) * 2.5 - 0.12, 0, 1)
    y, x = _grid(size)
    hatch = 0.5 + 0.5 * np.sin((x + y) * np.float32(2 * np.pi / (size / 14)))
    grain = rng.standard_normal((size, size), dtype=np.float32) * np.float32(0.05)
    paper = 0.42 + 0.52 * tone - 0.2 * (1 - tone) * hatch + grain
    return _image(np.repeat((paper * (1 - 0.85 * edges))[..., None], 3, axis=2))


def _oil_painting(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Draw in short thick brush strokes, first long and loose ones, then finer ones along the outlines."""
    size = 2 * image.width
    soft = _floats(image.filter(ImageFilter.GaussianBlur(image.width / 64)))
    slope_y, slope_x = np.gradient(soft @ np.array([0.3, 0.55, 0.15], dtype=np.float32))
    loose = 1.2 * _smooth_noise(image.width, 4, rng) - 0.6
    steep = np.hypot(slope_x, slope_y) > 0.02
    along = np.where(steep, np.arctan2(slope_x, -slope_y), loose)
    canvas = image.resize((size, size))
    draw = ImageDraw.Draw(canvas)
    pixels = np.asarray(image, dtype=np.float32)
    for across, length, width, spread in ((11, 0.08, 0.036, 0.1), (28, 0.03, 0.0115, 0.08)):
        grid = np.stack(_grid(across), -1).reshape(-1, 2)
        places = (grid + rng.random((across**2, 2))) / across
        places = rng.permutation(places)
        rows, columns = np.minimum((places * image.width).astype(int), image.width - 1).T
        angles = along[rows, columns] + rng.normal(0, 0.15, len(places))
        bright = 1 + rng.normal(0, spread, (len(places), 1))
        colours = np.clip(pixels[rows, columns] * bright + 60 * (bright - 1), 0, 255).astype(int).tolist()
        for corners, colour in zip(_dabs(places[:, ::-1], angles, length, width) * size, colours, strict=True):
            draw.polygon(corners.ravel().tolist(), fill=tuple(colour))
    return canvas.resize(image.size, Image.Resampling.BOX)


def _dabs(places: npt.NDArray[np.floating], angles: npt.NDArray[np.floating], length: float, width: float) -> Floats:
    """Return the six corners of each brush stroke, (n, 6, 2); all lengths in parts of the picture's side."""
    outline = np.array([(-1, 0), (-0.75, -1), (0.75, -1), (1, 0), (0.75, 1), (-0.75, 1)]) * (length, width)
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    x, y = outline[None, :, 0], outline[None, :, 1]
    turned = np.stack([c * x - s * y, s * x + c * y], axis=-1)
    dabs: Floats = (places[:, None] + turned).astype(np.float32)
    return dabs


def _contrast_nearby(pixels: npt.NDArray[np.uint8], reach: int) -> Floats:
    """Return the largest difference of a channel among the pixels at most `reach` away; (h, w), 0 to 1."""
    most, least = pixels, pixels
    for axis in (0, 1):
        margins = [(reach, reach) if i == axis else (0, 0) for i in range(3)]
        high, low = np.pad(most, margins, mode="edge"), np.pad(least, margins, mode="edge")
        span = pixels.shape[axis]
        parts = [[slice(None)] * axis + [slice(k, k + span)] for k in range(2 * reach + 1)]
        most = np.maximum.reduce([high[tuple(part)] for part in parts])
        least = np.minimum.reduce([low[tuple(part)] for part in parts])
    return _most(_floats(most - least))


def _most(channels: Floats) -> Floats:
    """Return the largest of the three channels.

    (h, w). NumPy's own maximum over a short last axis is ten times slower.
    """
    most: Floats = np.maximum(np.maximum(channels[..., 0], channels[..., 1]), channels[..., 2])
    return most


@cache
def _grid(size: int) -> tuple[Floats, Floats]:
    """Return the row and the column of every pixel, each (size, size)."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    return rows, columns


@cache
def _to_border(size: int) -> Floats:
    """Return how far every pixel is from the picture's border, in parts of its side."""
    y, x = (part / np.float32(size - 1) for part in _grid(size))
    nearest: Floats = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y))
    return nearest


def _smooth_noise(size: int, cells: int, rng: np.random.Generator) -> Floats:
    """Return noise in -1 to 1 that changes over about `size` / `cells` pixels; (size, size)."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32)


def _floats(image: Image.Image | npt.NDArray[np.uint8]) -> Floats:
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _image(pixels: npt.NDArray[np.floating]) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8))
