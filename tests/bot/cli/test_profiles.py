"""Colour profiles on the command line: what is painted from them, and what the recipe says."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

import bot.cli.engine_run
from engine.incoming import Profile
from tests import icc
from tests.bot.cli.test_pictures import SMALL, call, told
from tests.bot.engine_thread import ThreadEngineClient

SKY, ADOBE_SKY = (119, 180, 240), (139, 179, 237)
CONVERTED, IGNORED = Profile.CONVERTED, Profile.IGNORED
PROFILES = {
    "none": (None, None),
    "sRGB": (icc.rgb_profile(icc.SRGB), None),
    "Adobe RGB": (icc.rgb_profile(icc.ADOBE_RGB), CONVERTED),
    "broken": (b"broken", IGNORED),
    "of CMYK": (icc.cmyk_profile(), IGNORED),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')


def draw(name: str, profile: bytes | None, colour: tuple[int, ...] = ADOBE_SKY) -> str:
    Image.new("RGB", (32, 48), colour).save(name, icc_profile=profile)
    return name


def draw_mask(profile: bytes | None = None) -> str:
    mask = Image.new("RGB", (32, 48))
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 15), fill="white")
    mask.paste((200, 40, 0), (0, 0, 2, 2))  # which a profile changes
    mask.save("mask.png", icc_profile=profile)
    return "mask.png"


def facts(line: str) -> list[str]:
    """What the bracket says of profiles."""
    return [fact for fact in line.removesuffix("]").split(", ") if any(kind in fact for kind in Profile)]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("use", ["edit", "paint --init", "image prompt", "mask", "paint-over", "upscale"])
def test_the_recipe_says_what_became_of_a_profile(use: str, profile: str) -> None:
    content, kind = PROFILES[profile]
    photo = draw("photo.png", content if use != "mask" else None)
    once = (*SMALL[:2], "--iterations", 1, "--seed", 7)
    name = "input"
    match use:
        case "edit":
            made = told("edit", photo, "a red car", *once, "--out", "a.png")
        case "paint --init":
            made = told("paint", "a red car", "--init", photo, *once, "--out", "a.png")
        case "image prompt":
            name = "image prompt 2"
            other = draw("other.png", None)
            guides = ("--image-prompt", other, "--image-prompt", photo)
            made = told("paint", "a red car", *guides, *once, "--out", "a.png")
        case "mask":
            name = "mask"
            made = told("edit", photo, "a red car", "--mask", draw_mask(content), *once, "--out", "a.png")
        case "paint-over":
            name = "painted over"
            call("paint", "a red car", *once, "--out", "b.png", "--checkpoint", "b.run")
            made = told("paint-over", "b.run", "--picture", photo, "--iterations", 1, "--out", "a.png")
        case "upscale":
            made = told("upscale", photo, "--prompt", "a red car", "--iterations", 1, "--out", "a.png")
    assert facts(made["recipe"]) == ([f"{name}: {kind}"] if kind else [])
    with Image.open("a.png") as picture:
        assert "icc_profile" not in picture.info


P3_SKY, GREY, INKS = (132, 179, 235), (100,), (128, 64, 32, 96)


@pytest.mark.parametrize(
    ("mode", "profile", "kind", "colour", "expected"),
    [
        ("RGB", icc.rgb_profile(icc.ADOBE_RGB), "PNG", ADOBE_SKY, SKY),
        ("RGB", icc.rgb_profile(icc.DISPLAY_P3), "PNG", P3_SKY, icc.in_srgb(icc.DISPLAY_P3, P3_SKY)),
        ("L", icc.grey_profile(1.0), "PNG", GREY, (icc.grey_in_srgb(1.0, GREY[0]),) * 3),
        ("CMYK", icc.cmyk_profile(), "JPEG", INKS, icc.printed(INKS)),
    ],
    ids=["Adobe RGB", "Display P3", "grey", "CMYK"],
)
def test_outside_of_a_mask_are_the_colours_that_the_picture_had(
    mode: str, profile: bytes, kind: str, colour: tuple[int, ...], expected: tuple[float, ...]
) -> None:
    Image.new(mode, (32, 48), colour).save("photo", kind, icc_profile=profile, quality=100)
    call("edit", "photo", "a red car", "--mask", draw_mask(), "--feather", 0, *SMALL, "--out", "a.png")
    with Image.open("a.png") as picture:
        seen = picture.convert("RGB").getpixel((16, 40))
    assert seen == pytest.approx(tuple(expected), abs=2)


def test_a_continued_run_still_says_so() -> None:
    photo = draw("photo.png", icc.rgb_profile(icc.ADOBE_RGB))
    call("edit", photo, "a red car", *SMALL, "--out", "a.png", "--checkpoint", "a.run")
    assert facts(told("continue", "a.run", "--iterations", 1, "--out", "b.png")["recipe"]) == [f"input: {CONVERTED}"]
