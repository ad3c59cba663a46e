"""Read pictures as people send them, for every door. This needs only Pillow and numpy, so the bot uses it too."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps

Source: TypeAlias = str | Path | bytes | Image.Image | np.ndarray
"""A picture as a path, as an encoded file, as a PIL image, or as a numpy array (H, W) or (H, W, 1 to 4)."""

SOURCES = "Give a picture as a path, as bytes, as a PIL image or as a numpy array"
CONVERTED = "Its colour profile was converted to sRGB."
_SAME = 2  # of 255: the rounding of a conversion from sRGB to sRGB


class PictureError(ValueError):
    """The picture cannot be read. The message says what to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Hold an upright picture in sRGB."""

    image: Image.Image  # RGB, or RGBA if some of it is transparent
    converted: bool  # the colour profile changed the colours


def read(source: Source) -> Incoming:
    """Return the picture in ``source``, upright and in sRGB. Raises :class:`PictureError`."""
    return upright(_opened(source))


def on_white(image: Image.Image) -> Image.Image:
    """Return an RGB or RGBA picture as RGB: what is transparent becomes white."""
    if image.mode == "RGB":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")


def animated(image: Image.Image) -> bool:
    """Tell whether the file moves. The further pictures of a phone's JPEG (MPO) are no frames."""
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def upright(image: Image.Image) -> Incoming:
    """Turn the picture as EXIF says, and convert any mode and colour profile to sRGB. Raises as Pillow does."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    alpha = _alpha(image)
    colours = _eight_bits(image)
    plain = _lab(colours) if colours.mode == "LAB" else colours.convert("RGB")
    managed = _managed(colours, profile) if profile else None
    converted = managed is not None and _differ(managed, plain)
    result = managed if converted and managed is not None else plain
    if alpha is not None:
        result.putalpha(alpha)
    result.info = {}
    return Incoming(image=result, converted=converted)


def _opened(source: Source) -> Image.Image:
    match source:
        case Image.Image():
            return source
        case np.ndarray():
            return _of_array(source)
        case bytes() | bytearray():
            file: Path | io.BytesIO = io.BytesIO(source)
        case str() | Path():
            file = Path(source)
        case _:
            raise PictureError(f"{SOURCES}, not as {type(source).__name__}.")
    try:
        image = Image.open(file)
        image.load()
    except FileNotFoundError:
        raise PictureError(f"There is no file {file}.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError("That file is not a picture that I can read. Send a PNG, JPEG or WebP.") from error
    return image


def _of_array(array: np.ndarray) -> Image.Image:
    """Return the picture in an array of bool, of 8 or 16 bits, or of floats in [0, 1]. Raises :class:`PictureError`."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in (2, 3, 4)):
        raise PictureError(f"An array of shape {array.shape} is no picture. Give (height, width, 3).")
    if array.dtype == np.bool_:
        array = array * np.uint8(255)
    elif array.dtype == np.uint16:
        array = (array / 257).round().astype(np.uint8)
    elif np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise PictureError("An array of floats must have values from 0 to 1.")
        array = (array * 255).round().astype(np.uint8)
    elif not np.issubdtype(array.dtype, np.integer) or array.min() < 0 or array.max() > 255:
        raise PictureError(f"An array of {array.dtype} must have whole numbers from 0 to 255.")
    return Image.fromarray(np.ascontiguousarray(array.astype(np.uint8)))


def _alpha(image: Image.Image) -> Image.Image | None:
    if image.mode.startswith(("I", "F")) or not image.has_transparency_data:
        return None
    return _unmultiplied(image).convert("RGBA").getchannel("A")


def _unmultiplied(image: Image.Image) -> Image.Image:
    return image.convert({"RGBa": "RGBA", "La": "LA"}[image.mode]) if image.mode in ("RGBa", "La") else image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the colours without transparency in L, RGB, CMYK or LAB."""
    image = _unmultiplied(image)
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image).astype(np.float64)
        if not np.isfinite(values).all():
            raise PictureError("That picture has values that are not numbers.")
        top = values.max()
        if image.mode == "F":
            values = values * 255 if top <= 1 else values
        elif image.mode != "I" or image.format is not None or top > 255:
            values = values / 257  # 16 bits
        return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))
    if image.mode in ("L", "LA", "1"):
        return image.convert("L")
    return image if image.mode in ("CMYK", "LAB") else image.convert("RGBA").convert("RGB")


def _lab(image: Image.Image) -> Image.Image:
    return _transformed(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))


def _managed(image: Image.Image, content: bytes) -> Image.Image | None:
    """Return the picture in sRGB by its profile, or None if the profile is broken or of another kind of picture."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        if image.mode == "L" and profile.profile.xcolor_space.strip() == "RGB":
            image = image.convert("RGB")
        return _transformed(image, profile)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _transformed(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    result = ImageCms.profileToProfile(
        image,
        profile,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert result is not None
    return result


def _differ(one: Image.Image, other: Image.Image) -> bool:
    bands = ImageChops.difference(one, other).getextrema()
    return max(int(high) for _, high in bands) > _SAME  # type: ignore[misc]
