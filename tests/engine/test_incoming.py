"""Pictures as people send them: modes × profiles × doors."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from bot.errors import NotAPicture
from bot.images import uploads
from engine import incoming, pictures
from engine.incoming import Profile
from tests import icc

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


OUR_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (None, None),
        (OUR_SRGB, None),
        (icc.rgb_profile(icc.SRGB), None),
        (b"broken", Profile.IGNORED),
        (icc.rgb_profile(icc.ADOBE_RGB)[:300], Profile.IGNORED),
    ],
    ids=["none", "lcms", "published", "words", "cut"],
)
def test_a_picture_of_each_mode_keeps_its_colour(mode: str, profile: bytes | None, told: Profile | None) -> None:
    image = in_mode(mode)
    if profile:
        image.info["icc_profile"] = profile
    read = incoming.read(image)
    expected = 255 if mode == "1" else 200
    assert np.abs(np.asarray(incoming.on_white(read.image)).astype(int) - expected).max() <= 3
    assert "icc_profile" not in read.image.info
    assert read.profile is told or (mode in ("CMYK", "LAB") and read.profile is Profile.IGNORED)


SPACES = {"adobe": icc.ADOBE_RGB, "p3": icc.DISPLAY_P3, "prophoto": icc.PROPHOTO}
COLOURS = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


def with_profile(image: Image.Image, profile: bytes, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind, icc_profile=profile, **({"lossless": True} if kind == "WEBP" else {}))
    return out.getvalue()


def through_upload(content: bytes) -> Image.Image:
    prepared = uploads.prepare_image(content, max_bytes=10**6, max_pixels=10**6)
    assert prepared.profile is Profile.CONVERTED and Profile.CONVERTED.note in prepared.notes
    return Image.open(io.BytesIO(prepared.png))


DOORS: dict[str, Callable[[bytes], Image.Image]] = {
    "upload": through_upload,
    "bytes": lambda content: incoming.read(content).image,
    "PIL": lambda content: incoming.read(Image.open(io.BytesIO(content))).image,
    "engine": pictures.read,
}


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("space", SPACES)
def test_rgb_profiles_become_srgb_by_the_published_numbers(space: str, door: str, kind: str) -> None:
    picture = DOORS[door](with_profile(Image.fromarray(COLOURS), icc.rgb_profile(SPACES[space]), kind))
    expected = [[icc.in_srgb(SPACES[space], colour) for colour in row] for row in COLOURS]
    assert np.abs(np.asarray(picture.convert("RGB")) - np.array(expected)).max() < 1
    assert "icc_profile" not in picture.info


def test_the_sky_of_an_adobe_rgb_picture_is_as_blue_as_it_was() -> None:
    sky = with_profile(Image.new("RGB", (8, 6), (139, 179, 237)), icc.rgb_profile(icc.ADOBE_RGB))
    assert pictures.read(sky).getpixel((3, 3)) == (119, 180, 240)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparency_outlives_a_conversion(mode: str) -> None:
    image = Image.new("RGBA", (8, 6), (139, 179, 237, 255))
    image.paste((0, 0, 0, 0), (0, 0, 4, 6))
    read = incoming.read(with_profile(image.convert(mode), icc.rgb_profile(icc.ADOBE_RGB))).image
    assert read.getpixel((6, 3)) == pytest.approx((119, 180, 240, 255), abs=2)
    assert incoming.on_white(read).getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.6])
@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_grey_profiles_become_srgb(mode: str, gamma: float) -> None:
    value = 100
    image = (
        Image.fromarray(np.full((6, 8), value * 257, np.uint16)) if mode == "I;16" else Image.new("L", (8, 6), value)
    )
    content = with_profile(image.convert(mode), icc.grey_profile(gamma))
    read = incoming.read(content)
    assert incoming.on_white(read.image).getpixel((0, 0)) == pytest.approx((icc.grey_in_srgb(gamma, value),) * 3, abs=1)
    assert read.profile is Profile.CONVERTED


@pytest.mark.parametrize("inks", [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 255, 0), (0, 0, 0, 255), (128, 64, 32, 96)])
@pytest.mark.parametrize("door", DOORS)
def test_cmyk_profiles_become_srgb(door: str, inks: tuple[int, ...]) -> None:
    photo = Image.new("CMYK", (8, 8), inks)
    photo.paste((255, 255, 0, 0), (0, 0, 8, 1))  # so that something is changed by the profile
    out = io.BytesIO()
    photo.save(out, "JPEG", icc_profile=icc.cmyk_profile(), quality=100, subsampling=0)
    picture = DOORS[door](out.getvalue()).convert("RGB")
    assert picture.getpixel((4, 6)) == pytest.approx(icc.printed(inks), abs=4)


@pytest.mark.parametrize(
    ("mode", "profile"),
    [("RGB", icc.cmyk_profile()), ("RGB", icc.grey_profile(1.0)), ("CMYK", icc.rgb_profile(icc.ADOBE_RGB))],
)
def test_a_profile_of_another_kind_of_picture_is_ignored_and_told(mode: str, profile: bytes) -> None:
    image = Image.new("RGB", (8, 6), (139, 179, 237)).convert(mode)
    plain = incoming.read(image).image.tobytes()
    image.info["icc_profile"] = profile
    read = incoming.read(image)
    assert (read.profile, read.image.tobytes()) == (Profile.IGNORED, plain)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_broken_exif_turns_nothing(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 4), "red").save(out, kind, exif=b"no EXIF at all, as it begins wrongly")
    assert incoming.read(out.getvalue()).image.size == (8, 4)
    assert uploads.prepare_image(out.getvalue(), max_bytes=10**6, max_pixels=10**6).notes == ()


TURNED = {1: "RG BW", 2: "GR WB", 3: "WB GR", 4: "BW RG", 5: "RB GW", 6: "BR WG", 7: "WG BR", 8: "GW RB"}


def nearest(colour: Any, named: Mapping[str, tuple[int, ...]]) -> str:
    return min(named, key=lambda name: sum(abs(a - b) for a, b in zip(named[name], colour, strict=True)))


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("door", ["upload", "bytes", "PIL", "engine"])
def test_each_exif_orientation_stands_upright_at_each_door(door: str, kind: str, orientation: int) -> None:
    named = {"R": (255, 0, 0), "G": (0, 255, 0), "B": (0, 0, 255), "W": (255, 255, 255)}
    image = Image.new("RGB", (64, 32))
    for i, letter in enumerate("RGBW"):
        x, y = 32 * (i % 2), 16 * (i // 2)
        image.paste(named[letter], (x, y, x + 32, y + 16))
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    if door == "upload":
        prepared = uploads.prepare_image(out.getvalue(), max_bytes=10**6, max_pixels=10**6)
        seen: Image.Image = Image.open(io.BytesIO(prepared.png))
    else:
        seen = DOORS[door](out.getvalue())
    corners = [(x * seen.width // 4, y * seen.height // 4) for y in (1, 3) for x in (1, 3)]
    found = [nearest(seen.convert("RGB").getpixel(at), named) for at in corners]
    assert "{}{} {}{}".format(*found) == TURNED[orientation]


def test_a_grey_of_sixteen_bits_may_be_transparent() -> None:
    image = Image.fromarray(np.repeat(np.array([[0, 40000]], np.uint16), 8, axis=0))
    out = io.BytesIO()
    image.save(out, "PNG", transparency=0)
    read = incoming.on_white(incoming.read(out.getvalue()).image)
    assert (read.getpixel((0, 0)), read.getpixel((1, 0))) == ((255, 255, 255), (156, 156, 156))


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
        np.full((6, 8, 2), 255, np.uint8),
        np.full((6, 8), 65535, ">u2"),
        np.full((6, 8, 3), 65535, "<u2"),
        np.full((6, 8, 3), 1, np.float16),
        np.full((12, 16, 3), 255, np.uint8)[::-2, ::2],
        np.broadcast_to(np.uint8(255), (6, 8, 3)),
    ],
)
def test_arrays_are_pictures(array: np.ndarray) -> None:
    assert incoming.on_white(incoming.read(array).image).getpixel((0, 0)) == (255, 255, 255)


def lazy(*, cut: bool = False, closed: bool = False) -> Image.Image:
    """A picture whose pixels are still to be read, from a file that is cut short, or that is closed."""
    out = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(out, "JPEG")
    image = Image.open(io.BytesIO(out.getvalue()[: 1200 if cut else None]))
    if closed:
        image.close()
    return image


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
        np.full((2, 2), "a"),
        np.full((2, 2), None),
        np.full((2, 2), 1.5),
        np.full((2, 2), -1),
        np.zeros((1, 2, 2, 3)),
        np.float32(1),
        io.BytesIO(b"file"),
        memoryview(b"file"),
        "a\0b",
        "/",
        Image.new("RGB", (0, 5)),
        Image.fromarray(np.full((2, 2), np.inf, np.float32)),
        lazy(cut=True),
        lazy(closed=True),
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


HUGE = Image.linear_gradient("L").resize((4200, 300)).convert("RGB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_huge_picture_is_the_same_at_each_door(kind: str) -> None:
    out = io.BytesIO()
    HUGE.save(out, kind)
    upload = uploads.prepare_image(out.getvalue(), max_bytes=10**7, max_pixels=10**7)
    read = incoming.opaque(incoming.read(out.getvalue()))
    assert read.size == (upload.width, upload.height) and max(read.size) <= incoming.LONGEST_SIDE
    assert read.tobytes() == Image.open(io.BytesIO(upload.png)).tobytes()


@pytest.mark.parametrize("brand", ["heic", "heix", "mif1", "msf1"])
def test_a_refused_heic_names_the_way_out(brand: str, tmp_path: Path) -> None:
    content = b"\0\0\0\x18ftyp" + brand.encode() + bytes(32)
    with pytest.raises(NotAPicture, match="JPEG, and attach"):
        uploads.prepare_image(content, max_bytes=10**6, max_pixels=10**6)
    (tmp_path / "a.heic").write_bytes(content)
    for source in (content, tmp_path / "a.heic", str(tmp_path / "a.heic")):
        with pytest.raises(ValueError, match="JPEG, and attach"):
            incoming.read(source)
