"""Pictures as people send them: modes × profiles × doors."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.errors import NotAPicture
from bot.images import uploads
from engine import drawn, incoming, pictures

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MODES = (
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "HSV",
    "LAB",
    "I",
    "I;16",
    "F",
)


def swapped_profile() -> bytes:
    """An sRGB profile with the colorants of red and blue swapped: a profile that plainly changes the colours."""
    content = bytearray(SRGB)
    count = int.from_bytes(content[128:132], "big")
    for i in range(count):
        at = 132 + 12 * i
        name = bytes(content[at : at + 4])
        content[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(content)


def in_mode(mode: str) -> Image.Image:
    """A picture of a light grey in the mode."""
    grey = Image.new("L", (8, 6), 200)
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        made = ImageCms.profileToProfile(grey.convert("RGB"), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
        assert made is not None
        return made
    if mode == "I;16":
        return Image.fromarray(np.full((6, 8), 200 * 257, np.uint16))
    if mode == "1":
        return Image.new("1", (8, 6), 1)
    if mode in ("HSV", "YCbCr", "CMYK", "RGBX"):
        return grey.convert("RGB").convert(mode)
    if mode in ("La", "RGBa", "PA"):
        return grey.convert({"La": "LA", "RGBa": "RGBA", "PA": "P"}[mode]).convert(mode)
    return grey.convert(mode)


@pytest.mark.parametrize("profile", [None, b"broken", SRGB])
@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_each_mode_keeps_its_colour(mode: str, profile: bytes | None) -> None:
    image = in_mode(mode)
    if profile:
        image.info["icc_profile"] = profile
    result = incoming.on_white(incoming.read(image).image)
    expected = 255 if mode == "1" else 200
    assert np.abs(np.asarray(result).astype(int) - expected).max() <= 3
    assert "icc_profile" not in result.info


def test_a_profile_is_converted_at_each_door(tmp_path: Path) -> None:
    red = Image.new("RGB", (8, 6), (255, 0, 0))
    file = tmp_path / "red.png"
    red.save(file, icc_profile=swapped_profile())
    upload = uploads.prepare_image(file.read_bytes(), max_bytes=10**6, max_pixels=10**6)
    assert incoming.CONVERTED in upload.notes
    doors = [
        Image.open(io.BytesIO(upload.png)),
        incoming.read(file).image,
        incoming.read(str(file)).image,
        incoming.read(Image.open(file)).image,
        pictures.read(file.read_bytes()),
    ]
    for door in doors:
        r, g, b = np.asarray(door)[0, 0].astype(int)
        assert (r, g, b) == pytest.approx((0, 0, 255), abs=3)
        assert "icc_profile" not in door.info


def test_an_exif_turned_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Image.new("RGB", (8, 4)).save(out, "JPEG", exif=exif)
    assert incoming.read(out.getvalue()).image.size == (4, 8)
    assert pictures.read(out.getvalue()).size == (4, 8)


def test_what_is_transparent_becomes_white() -> None:
    assert incoming.on_white(incoming.read(Image.new("RGBA", (2, 2))).image).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    "array",
    [
        np.full((6, 8), 255, np.uint8),
        np.full((6, 8, 3), 255, np.uint8),
        np.full((6, 8, 1), 1.0),
        np.full((6, 8), 65535, np.uint16),
        np.ones((6, 8), bool),
        np.full((6, 8, 4), 255, np.int64),
    ],
)
def test_arrays_are_pictures(array: np.ndarray) -> None:
    assert incoming.on_white(incoming.read(array).image).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    "source",
    [
        None,
        7,
        ["a"],
        b"",
        b"no picture",
        "missing.png",
        np.zeros(3),
        np.zeros((2, 2, 5)),
        np.zeros((0, 4)),
        np.full((2, 2), np.nan),
        np.full((2, 2), 256),
        np.zeros((2, 2), complex),
    ],
)
def test_anything_else_is_refused_in_a_sentence(source: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        incoming.read(source)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["MPO", "AVIF"])
def test_phones_pictures_are_stills(name: str) -> None:
    out = io.BytesIO()
    image = Image.new("RGB", (64, 48), (120, 180, 240))
    extra = {"save_all": True, "append_images": [image.copy()]} if name == "MPO" else {}
    image.save(out, name, **extra)
    prepared = uploads.prepare_image(out.getvalue(), max_bytes=10**6, max_pixels=10**6)
    assert prepared.notes == ()


def layer(ground: tuple[int, ...], stroke: tuple[int, ...]) -> bytes:
    image = Image.new("RGBA", (16, 16), ground)
    image.paste(stroke, (4, 4, 8, 8))
    return pictures.png(image)


@pytest.mark.parametrize(
    ("ground", "stroke"),
    [
        ((0, 0, 0, 0), (255, 255, 255, 255)),  # white strokes on a transparent layer
        ((10, 90, 200, 255), (0, 0, 0, 0)),  # an erased picture
        ((0, 0, 0, 255), (255, 255, 255, 254)),  # nearly opaque
        ((0, 0, 0, 254), (255, 255, 255, 255)),
    ],
)
def test_a_mask_paints_what_is_plainly_meant(ground: tuple[int, ...], stroke: tuple[int, ...]) -> None:
    mask = drawn.read(layer(ground, stroke), (16, 16), 16, 16)
    assert (mask.getpixel((5, 5)), mask.getpixel((1, 1))) in [(255, 0), (255, 1)]


@pytest.mark.parametrize("stroke", [(0, 0, 0, 255), (255, 0, 0, 255)])
def test_strokes_of_another_colour_on_a_transparent_layer_are_asked_about(stroke: tuple[int, ...]) -> None:
    with pytest.raises(drawn.MaskError, match="not white"):
        drawn.read(layer((0, 0, 0, 0), stroke), (16, 16), 16, 16)


def test_a_refused_heic_names_the_way_out() -> None:
    with pytest.raises(NotAPicture, match="JPEG, and attach"):
        uploads.prepare_image(b"\0\0\0\x18ftypheic" + bytes(32), max_bytes=10**6, max_pixels=10**6)
