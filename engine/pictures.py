"""Convert between encoded pictures and tensors (n, 3, H, W) in [0, 1]."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from engine import incoming


def decode(encoded: bytes, width: int, height: int) -> Tensor:
    """Return the picture as (1, 3, height, width) in [0, 1]. Raises :class:`ValueError` if it is not a picture."""
    return from_image(read(encoded).resize((width, height), Image.Resampling.LANCZOS))


def decode_within(encoded: bytes, pixels: int) -> Tensor:
    """Return the picture in its own shape, with about ``pixels`` pixels in all. Raises :class:`ValueError`."""
    image = read(encoded)
    scale = (pixels / (image.width * image.height)) ** 0.5
    size = max(2, round(image.width * scale)), max(2, round(image.height * scale))
    return from_image(image.resize(size, Image.Resampling.LANCZOS))


def read(encoded: bytes) -> Image.Image:
    """Return the picture in RGB at its own size. Raises :class:`ValueError` if it is not a picture."""
    return incoming.on_white(incoming.read(encoded).image)


def from_image(image: Image.Image) -> Tensor:
    """Return an RGB picture as (1, 3, H, W) in [0, 1]."""
    pixels = torch.from_numpy(np.asarray(image.convert("RGB")).copy())
    return pixels.permute(2, 0, 1)[None].float() / 255


def to_pixels(picture: Tensor) -> Tensor:
    """Return one picture (1, 3, H, W), clamped to [0, 1], as bytes (H, W, 3) on its device."""
    clamped = (picture[0].detach().float().clamp(0, 1) * 255).round().byte()
    return clamped.permute(1, 2, 0).contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """Return one picture (1, 3, H, W), clamped to [0, 1]."""
    return Image.fromarray(to_pixels(picture).cpu().numpy())


def to_png(pixels: Tensor) -> bytes:
    """Return one picture (1, 3, H, W) as PNG bytes."""
    return png(to_image(pixels))


def fitted(
    image: Image.Image, size: tuple[int, int], filter: Image.Resampling = Image.Resampling.LANCZOS
) -> Image.Image:
    """Return the picture at exactly ``size``: scaled to cover it, and cropped evenly at the sides."""
    return image if image.size == size else ImageOps.fit(image, size, filter)


def png(image: Image.Image) -> bytes:
    """Return the picture as PNG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
