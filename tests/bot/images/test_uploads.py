"""What members send, good and bad."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib

import pytest
from PIL import Image

from bot.errors import NotAPicture, PictureTooLarge, UserError
from bot.images import uploads
from engine.messages.sizes import working_size

LIMITS = {"max_bytes": 10_000_000, "max_pixels": 4_000_000}
RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def decoded(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png), formats=("PNG",))
    image.load()
    return image


def halves(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red on the left, green on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(GREEN, (size[0] // 2, 0, *size))
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_accepted_format_becomes_an_rgb_png_of_its_size(kind: str) -> None:
    prepared = uploads.prepare_image(encoded(halves(), kind), **LIMITS)
    image = decoded(prepared.png)
    assert (image.mode, image.size) == ("RGB", (40, 20)) == ("RGB", (prepared.width, prepared.height))
    red, _green, _blue = image.getpixel((5, 10))  # type: ignore[misc]
    assert red > 200
    assert prepared.notes == ()


def test_the_hash_is_that_of_the_file_as_sent() -> None:
    content = encoded(halves(), "JPEG")
    prepared = uploads.prepare_image(content, **LIMITS)
    assert prepared.input_hash == hashlib.sha256(content).hexdigest()


def test_exif_rotation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise: left becomes top
    prepared = uploads.prepare_image(encoded(halves(), "JPEG", exif=exif, quality=95), **LIMITS)
    image = decoded(prepared.png)
    assert image.size == (20, 40)
    top = image.getpixel((10, 3))
    assert isinstance(top, tuple) and top[0] > 200 and top[1] < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_become_white_and_are_mentioned(mode: str) -> None:
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0)).convert(mode)
    options = {"transparency": 0} if mode == "P" else {}
    prepared = uploads.prepare_image(encoded(image, "PNG", **options), **LIMITS)
    assert decoded(prepared.png).getpixel((5, 5)) == WHITE
    assert prepared.notes == ("Its transparent parts became white.",)


def test_half_transparent_black_becomes_grey() -> None:
    prepared = uploads.prepare_image(encoded(Image.new("RGBA", (4, 4), (0, 0, 0, 128)), "PNG"), **LIMITS)
    assert decoded(prepared.png).getpixel((0, 0)) == (127, 127, 127)


def test_an_opaque_alpha_channel_is_not_worth_a_note() -> None:
    prepared = uploads.prepare_image(encoded(halves().convert("RGBA"), "PNG"), **LIMITS)
    assert prepared.notes == ()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame_and_says_so(kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (GREEN, RED)]
    content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    prepared = uploads.prepare_image(content, **LIMITS)
    pixel = decoded(prepared.png).getpixel((4, 4))
    assert isinstance(pixel, tuple) and pixel[1] > 200 and pixel[0] < 60
    assert prepared.notes == ("That picture is animated: I use its first frame.",)


def test_sixteen_bit_greys_keep_their_range() -> None:
    image = Image.new("I;16", (4, 4), 65535 // 2)
    pixel = decoded(uploads.prepare_image(encoded(image, "PNG"), **LIMITS).png).getpixel((0, 0))
    assert pixel in [(127, 127, 127), (128, 128, 128)]


def test_cmyk_photos_are_read() -> None:
    content = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    pixel = decoded(uploads.prepare_image(content, **LIMITS).png).getpixel((4, 4))
    assert isinstance(pixel, tuple) and pixel[0] > 200 and pixel[1] < 80


def test_huge_pictures_are_kept_at_a_storable_size_with_their_aspect() -> None:
    content = encoded(Image.new("L", (3000, 1000), 255), "PNG")
    prepared = uploads.prepare_image(content, **LIMITS)
    assert (prepared.width, prepared.height) == (2048, 683)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO"])
def test_other_formats_are_refused_with_those_that_work(kind: str) -> None:
    with pytest.raises(NotAPicture, match="PNG, JPEG, WebP, GIF or AVIF"):
        uploads.prepare_image(encoded(halves(), kind), **LIMITS)


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7", bytes(1000)])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        uploads.prepare_image(content, **LIMITS)


def test_too_many_bytes_are_refused_with_both_numbers() -> None:
    with pytest.raises(PictureTooLarge, match=r"2\.0 MiB.*1\.0 MiB"):
        uploads.prepare_image(bytes(2 * 2**20), max_bytes=2**20, max_pixels=100)


def test_too_many_pixels_are_refused_before_one_is_decoded() -> None:
    with pytest.raises(PictureTooLarge, match="25 megapixels, and I take up to 4"):
        uploads.prepare_image(png_header(5000, 5000), **LIMITS)


@pytest.mark.parametrize("side", [11_000, 60_000])  # beyond Pillow's warning, and beyond its error
def test_decompression_bombs_are_refused(side: int) -> None:
    with pytest.raises(PictureTooLarge):
        uploads.prepare_image(png_header(side, side), **LIMITS)


def test_a_bomb_in_the_text_of_a_png_is_refused() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(20_000_000))
    content = encoded(halves(), "PNG")
    with pytest.raises(NotAPicture):
        uploads.prepare_image(content[:33] + chunk(b"zTXt", body) + content[33:], **LIMITS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_cut_short_anywhere_never_crash(kind: str) -> None:
    noise = Image.frombytes("RGB", (48, 48), random.Random(1).randbytes(48 * 48 * 3))
    content = encoded(noise, kind)
    with pytest.raises(NotAPicture):
        uploads.prepare_image(content[: len(content) // 2], **LIMITS)
    for end in range(0, len(content), max(1, len(content) // 60)):
        accepted_or_refused(content[:end])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_with_flipped_bytes_never_crash(kind: str) -> None:
    draw = random.Random(2)
    content = encoded(halves(), kind)
    for _ in range(150):
        broken = bytearray(content)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        accepted_or_refused(bytes(broken))


def accepted_or_refused(content: bytes) -> None:
    try:
        prepared = uploads.prepare_image(content, **LIMITS)
    except UserError:
        return
    decoded(prepared.png)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((4000, 4000), (128, 128)),
        ((4000, 3000), (144, 112)),
        ((3000, 4000), (112, 144)),
        ((10, 10), (128, 128)),
        ((100_000, 10), (1024, 16)),
    ],
)
def test_the_working_size_keeps_the_aspect_and_the_budget(given: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(*given, pixels=128 * 128, max_pixels=16384, f=8) == expected


def test_fit_crops_evenly_instead_of_distorting() -> None:
    image = decoded(uploads.fit(encoded(halves((40, 20)), "PNG"), 20, 20))
    assert image.size == (20, 20)
    assert image.getpixel((2, 10)) == RED
    assert image.getpixel((17, 10)) == GREEN


def test_fit_leaves_a_picture_of_the_right_size_untouched() -> None:
    content = encoded(halves(), "PNG")
    assert uploads.fit(content, 40, 20) is content


@pytest.mark.parametrize(
    ("size", "usual", "factor"),
    [((128, 96), 128, 4), ((100, 60), 128, 6), ((256, 256), 128, 4), ((512, 20), 512, 1), ((384, 384), 384, 2)],
)
def test_small_pictures_are_shown_larger_and_larger_ones_at_the_same_scale(
    size: tuple[int, int], usual: int, factor: int
) -> None:
    assert uploads.shown_factor(*size, usual) == factor


def test_enlarging_keeps_the_shape() -> None:
    png, width, height = uploads.enlarge(encoded(halves(), "PNG"), 3)
    assert (width, height) == (120, 60) == decoded(png).size
    with Image.open(io.BytesIO(uploads.preview(encoded(halves(), "PNG"), 3))) as jpeg:
        assert (jpeg.format, jpeg.size) == ("JPEG", (120, 60))
