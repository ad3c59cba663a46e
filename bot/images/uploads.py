"""From the bytes that a member sent to a picture the engine can start from.

Everything here is plain, synchronous Pillow: call it in a thread.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.errors import NotAPicture, PictureTooLarge
from bot.texts import refusals

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SHOWN_SIDE = 512  # pixels: smaller pictures are hard to see in Discord
_LONGEST_SIDE = 2048  # more than any bundle paints; keeps what is stored small
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What Pillow's decoders raise on files that are broken or made to break them.
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An upright, opaque RGB picture as PNG.

    ``notes`` are sentences for the member about what was changed; ``input_hash`` is the SHA-256, in hex, of the
    file as it was sent, so that its owner can recognise it.
    """

    png: bytes
    width: int
    height: int
    notes: tuple[str, ...]
    input_hash: str


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def prepare_image(content: bytes, *, max_bytes: int, max_pixels: int) -> Prepared:
    """Decode, take the first frame, turn as EXIF says, flatten on white.

    Raises :class:`NotAPicture` for what is no PNG, JPEG, WebP or GIF or is damaged, :class:`PictureTooLarge` for
    more than ``max_bytes`` bytes or ``max_pixels`` pixels; the latter before a pixel is decoded.
    """
    if len(content) > max_bytes:
        raise PictureTooLarge(refusals.file_too_large(len(content), max_bytes))
    try:
        with _open(content) as image:
            if image.width * image.height > max_pixels:
                raise PictureTooLarge(refusals.too_many_pixels(image.width * image.height, max_pixels))
            return _prepare(image, digest(content))
    except _BOMBS:
        raise PictureTooLarge(refusals.too_many_pixels(None, max_pixels)) from None
    except _BROKEN:
        raise NotAPicture(refusals.DAMAGED) from None


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise NotAPicture() from None


def _prepare(image: Image.Image, input_hash: str) -> Prepared:
    notes = []
    if getattr(image, "is_animated", False):
        notes.append(refusals.ANIMATED)
    image.seek(0)
    image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))  # JPEG alone: decodes at a fraction of a huge size
    upright = ImageOps.exif_transpose(image)
    opaque, had_holes = _flatten(upright)
    if had_holes:
        notes.append(refusals.BECAME_WHITE)
    opaque.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return Prepared(
        png=_encode(opaque),
        width=opaque.width,
        height=opaque.height,
        notes=tuple(notes),
        input_hash=input_hash,
    )


def _flatten(image: Image.Image) -> tuple[Image.Image, bool]:
    """RGB on white, and whether anything was seen through."""
    if image.mode.startswith("I"):  # 16-bit greys, which convert() would clip at 255
        return image.point(lambda value: value / 257, "L").convert("RGB"), False
    if not image.has_transparency_data:
        return image.convert("RGB"), False
    layers = image.convert("RGBA")
    lowest, _ = layers.getchannel("A").getextrema()
    white = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB"), lowest != 255


def fit(png: bytes, width: int, height: int) -> bytes:
    """``png`` at exactly ``width`` × ``height``: scaled to cover it, what stands over cropped evenly."""
    with Image.open(io.BytesIO(png)) as image:
        if image.size == (width, height):
            return png
        return _encode(ImageOps.fit(image.convert("RGB"), (width, height), Image.Resampling.LANCZOS))


def fit_mask(content: bytes, width: int, height: int) -> bytes:
    """The same for a mask, as it was sent: its transparency stays."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        upright = ImageOps.exif_transpose(image).convert("RGBA")
        return _encode(ImageOps.fit(upright, (width, height), Image.Resampling.BOX))


def reduced(png: bytes, side: int) -> bytes:
    """``png`` with its long side at most ``side`` pixels."""
    with Image.open(io.BytesIO(png)) as image:
        if max(image.size) <= side:
            return png
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        return _encode(image)


def shown_factor(width: int, height: int, usual: int) -> int:
    """How many times larger a picture is shown than it was painted.

    Enough for :data:`SHOWN_SIDE` pixels on its long side; and no less than for a picture of the ``usual`` side, so
    that one painted at twice the size is also shown at twice the size.
    """
    return max(math.ceil(SHOWN_SIDE / side) for side in (max(width, height), usual))


def enlarge(png: bytes, factor: int) -> tuple[bytes, int, int]:
    """``png`` smoothly enlarged by a whole ``factor``: the PNG, its width and its height."""
    with Image.open(io.BytesIO(png)) as image:
        if factor == 1:
            return png, *image.size
        width, height = image.width * factor, image.height * factor
        return _encode(image.resize((width, height), Image.Resampling.LANCZOS)), width, height


def preview(png: bytes, factor: int) -> bytes:
    """A JPEG for the eye alone, enlarged as the finished picture will be, at a tenth of its bytes."""
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
