"""Read pictures as people send them, for every door. This needs only Pillow and numpy, so the bot uses it too."""

import io
import math
import os
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

Source: TypeAlias = str | Path | bytes | Image.Image | np.ndarray
"""A picture as a path, as an encoded file, as a PIL image, or as a numpy array (H, W) or (H, W, 1 to 4)."""

ONE = (str, os.PathLike, bytes, bytearray, Image.Image, np.ndarray)
"""What is one picture and no list of pictures."""
SOURCES = "Give a picture as a path, as bytes, as a PIL image or as a numpy array"
HEIC = "I cannot read HEIC pictures. Share or export it as a JPEG, and attach that."
UNREADABLE = "That file is not a picture that I can read. Send a PNG, JPEG or WebP."
LONGEST_SIDE = 2048  # pixels: more than any bundle paints; keeps what is stored small
BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error, zlib.error)
"""What Pillow's decoders raise for files that are broken or made to break them."""
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_HEIC = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"))
_ASPECT = 0.03  # the greatest difference in aspect, as a logarithm
_SAME = 2  # of 255: the rounding of a conversion from sRGB to sRGB


class PictureError(ValueError):
    """The picture cannot be read. The message says what to send."""


class Profile(StrEnum):
    """Name what became of a picture's colour profile, in the words of a recipe."""

    CONVERTED = "colours converted to sRGB"
    IGNORED = "unusable colour profile ignored"

    @property
    def note(self) -> str:
        """Return a sentence for whoever sent the picture."""
        converted, ignored = "was converted to sRGB", "cannot be used, so I ignored it"
        return f"Its colour profile {converted if self is Profile.CONVERTED else ignored}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Hold an upright picture in sRGB."""

    image: Image.Image  # RGB, or RGBA if some of it is transparent
    profile: Profile | None  # None: it has no colour profile, or one that changes nothing


def read(source: Source) -> Incoming:
    """Return the picture in ``source``, upright and in sRGB. Raises :class:`PictureError`."""
    try:
        return upright(_opened(source))
    except PictureError:
        raise
    except (*BROKEN, *BOMBS) as error:
        raise PictureError(UNREADABLE) from error


def is_heic(content: bytes | bytearray) -> bool:
    """Tell whether the file is an iPhone's HEIC."""
    return content[4:12] in _HEIC


def opaque(read: Incoming) -> Image.Image:
    """Return the picture as a run takes it: RGB on white, at most :data:`LONGEST_SIDE` pixels long."""
    image = on_white(read.image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return image


def on_white(image: Image.Image) -> Image.Image:
    """Return an RGB or RGBA picture as RGB: what is transparent becomes white."""
    if image.mode == "RGB":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA")).convert("RGB")


def same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two sizes have the same aspect. Rounding to whole pixels changes it a little."""
    return abs(math.log(one[0] / one[1] * other[1] / other[0])) <= _ASPECT


def check_painted(size: tuple[int, int], run: tuple[int, int]) -> None:
    """Raise :class:`PictureError` unless a picture of ``size`` can be a run's picture with something painted over."""
    if not same_shape(size, run):
        raise PictureError(
            f"That picture is {size[0]}×{size[1]} and the run's {run[0]}×{run[1]}. Paint over the picture that the run "
            "has made, and keep its shape."
        )


def animated(image: Image.Image) -> bool:
    """Tell whether the file moves. The further pictures of a phone's JPEG (MPO) are no frames."""
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


def hasten(image: Image.Image) -> None:
    """Let a huge JPEG be decoded at a fraction of its size. Other pictures stay as they are."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))


def upright(image: Image.Image) -> Incoming:
    """Turn the picture as EXIF says, and convert any mode and colour profile to sRGB. Raises :data:`BROKEN`."""
    if 0 in image.size:
        raise PictureError("That picture has no pixels. Send one that shows something.")
    image.load()
    content = image.info.get("icc_profile")
    image = _turned(image)
    alpha = _alpha(image)
    colours = _eight_bits(image)
    result = _lab(colours) if colours.mode == "LAB" else colours.convert("RGB")
    profile = None
    if content:
        managed = _managed(colours, content)
        profile = Profile.IGNORED if managed is None else None
        if managed is not None and _differ(managed, result):
            result, profile = managed, Profile.CONVERTED
    if alpha is not None:
        result.putalpha(alpha)
    result.info = {}
    return Incoming(image=result, profile=profile)


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:  # it is loaded, so its EXIF is broken and not the picture
        return image


def _opened(source: Source) -> Image.Image:
    match source:
        case Image.Image():
            return source
        case np.ndarray():
            return _of_array(source)
        case bytes() | bytearray():
            return _of_file(source)
        case str() | os.PathLike():
            return _of_file(_content(Path(source)))
        case _:
            raise PictureError(f"{SOURCES}, not as {type(source).__name__}.")


def _of_file(content: bytes | bytearray) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(content))
    except UnidentifiedImageError:
        raise PictureError(HEIC if is_heic(content) else UNREADABLE) from None
    hasten(image)
    return image


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"There is no file {path}.") from None
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from None


def _of_array(array: np.ndarray) -> Image.Image:
    """Return the picture in an array of bool, of 8 or 16 bits, or of floats in [0, 1]. Raises :class:`PictureError`."""
    array = np.asarray(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in (2, 3, 4)):
        raise PictureError(f"An array of shape {array.shape} is no picture. Give (height, width, 3).")
    if array.dtype == np.bool_:
        array = array * np.uint8(255)
    elif array.dtype.kind == "u" and array.dtype.itemsize == 2:
        array = (array / 257).round().astype(np.uint8)
    elif np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise PictureError("An array of floats must have values from 0 to 1.")
        array = (array * 255).round().astype(np.uint8)
    elif not np.issubdtype(array.dtype, np.integer) or array.min() < 0 or array.max() > 255:
        raise PictureError(f"An array of {array.dtype} must have whole numbers from 0 to 255.")
    return Image.fromarray(np.ascontiguousarray(array.astype(np.uint8)))


def _alpha(image: Image.Image) -> Image.Image | None:
    if image.mode.startswith(("I", "F")):
        clear = image.info.get("transparency")  # one grey of 16 bits
        return None if clear is None else Image.fromarray((np.asarray(image) != clear).astype(np.uint8) * 255)
    if not image.has_transparency_data:
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
