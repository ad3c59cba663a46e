"""Turn the bytes of an upload into a picture that the engine can use. Every function blocks: call it in a thread."""

import hashlib
import io
import math
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import NotAPicture, PictureTooLarge
from bot.texts import refusals
from engine import incoming

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF")
SHOWN_SIDE = 512  # pixels: smaller pictures are hard to see in Discord


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Hold an upright, opaque RGB picture."""

    png: bytes
    width: int
    height: int
    notes: tuple[str, ...]  # tell the member what was changed
    input_hash: str  # SHA-256 in hex of the file as it was sent
    profile: incoming.Profile | None  # what became of its colour profile


def digest(content: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def prepare_image(content: bytes, *, max_bytes: int, max_pixels: int) -> Prepared:
    """Decode the first frame, turn it as EXIF says, and flatten it on white.

    Raises :class:`NotAPicture` unless it is a whole PNG, JPEG, WebP, GIF or AVIF. Raises :class:`PictureTooLarge` above
    ``max_bytes`` bytes, or above ``max_pixels`` pixels before any pixel is decoded.
    """
    if len(content) > max_bytes:
        raise PictureTooLarge(refusals.file_too_large(len(content), max_bytes))
    try:
        with _open(content) as image:
            if image.width * image.height > max_pixels:
                raise PictureTooLarge(refusals.too_many_pixels(image.width * image.height, max_pixels))
            return _prepare(image, digest(content))
    except incoming.BOMBS:
        raise PictureTooLarge(refusals.too_many_pixels(None, max_pixels)) from None
    except incoming.BROKEN:
        raise NotAPicture(refusals.DAMAGED) from None


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise NotAPicture(incoming.HEIC if incoming.is_heic(content) else None) from None


def _prepare(image: Image.Image, input_hash: str) -> Prepared:
    notes = []
    if incoming.animated(image):
        notes.append(refusals.ANIMATED)
    image.seek(0)
    incoming.hasten(image)
    read = incoming.upright(image)
    if read.profile:
        notes.append(read.profile.note)
    opaque = incoming.opaque(read)
    if read.image.mode == "RGBA" and read.image.getchannel("A").getextrema()[0] != 255:
        notes.append(refusals.BECAME_WHITE)
    return Prepared(
        png=_encode(opaque),
        width=opaque.width,
        height=opaque.height,
        notes=tuple(notes),
        input_hash=input_hash,
        profile=read.profile,
    )


def fit(png: bytes, width: int, height: int) -> bytes:
    """Scale ``png`` to cover ``width`` × ``height`` pixels, and crop the rest evenly."""
    with Image.open(io.BytesIO(png)) as image:
        if image.size == (width, height):
            return png
        return _encode(ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS))


def fit_mask(content: bytes, width: int, height: int) -> bytes:
    """Scale and crop a mask as :func:`fit` does, and keep its transparency."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        upright = incoming.upright(image).image.convert("RGBA")
        return _encode(ImageOps.fit(upright, (width, height), Image.Resampling.BOX))


def reduced(png: bytes, side: int) -> bytes:
    """Shrink ``png`` until its long side has at most ``side`` pixels."""
    with Image.open(io.BytesIO(png)) as image:
        if max(image.size) <= side:
            return png
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        return _encode(image)


def shown_factor(width: int, height: int, usual: int) -> int:
    """Return the factor that enlarges a picture to at least :data:`SHOWN_SIDE` pixels on its long side.

    It is at least the factor of a picture with the ``usual`` side: painted twice as large is shown twice as large.
    """
    return max(math.ceil(SHOWN_SIDE / side) for side in (max(width, height), usual))


def enlarge(png: bytes, factor: int) -> tuple[bytes, int, int]:
    """Enlarge ``png`` smoothly by a whole ``factor``. Returns the PNG, its width and its height."""
    with Image.open(io.BytesIO(png)) as image:
        if factor == 1:
            return png, *image.size
        width, height = image.width * factor, image.height * factor
        return _encode(image.resize((width, height), Image.Resampling.LANCZOS)), width, height


def preview(png: bytes, factor: int) -> bytes:
    """Return a JPEG preview, enlarged like the finished picture, in a tenth of the bytes."""
    with Image.open(io.BytesIO(png)) as image:
        size = image.width * factor, image.height * factor
        large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, format="JPEG", quality=80)
    return out.getvalue()


def _encode(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()
