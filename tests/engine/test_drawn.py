"""Masks as people draw them: what is plainly meant is painted, and anything else is asked about."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine import drawn

SIDE = 64
RNG = np.random.default_rng(3)
PHOTO = Image.fromarray(np.kron(RNG.integers(60, 180, (8, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8))
ON_WHITE = Image.new("RGB", (SIDE, SIDE), "white")
ON_WHITE.paste((200, 40, 30), (20, 20, 44, 44))
DRAWING = Image.fromarray(np.kron(RNG.integers(0, 2, (8, 8)) * 255, np.ones((8, 8))).astype(np.uint8)).convert("RGB")
NIGHT = Image.new("RGB", (SIDE, SIDE), (8, 8, 12))
NIGHT.paste((250, 240, 200), (20, 20, 44, 44))
GIVEN = {"photo": PHOTO, "on white": ON_WHITE, "drawing": DRAWING, "night": NIGHT}

SQUARE = (20, 20, 44, 44)
SMALL, LARGE = SQUARE, (4, 4, 60, 60)  # 14 % and 77 % of the mask
IN, OUT = (32, 32), (1, 1)


def layer(ground: tuple[int, ...], part: tuple[int, ...], box: tuple[int, ...] = SMALL) -> Image.Image:
    image = Image.new("RGBA", (SIDE, SIDE), ground)
    image.paste(part, box)  # type: ignore[arg-type]
    return image


def erased(given: Image.Image, box: tuple[int, ...] = SMALL) -> Image.Image:
    image = given.convert("RGBA")
    image.paste((0, 0, 0, 0), box)  # type: ignore[arg-type]
    return image


def painted(mask: Image.Image, given: Image.Image, kind: str = "PNG") -> tuple[bool, bool]:
    """Whether the middle and the corner are painted."""
    out = io.BytesIO()
    mask.save(out, kind)
    read = drawn.read(out.getvalue(), given)
    assert read.mode == "L" and read.size == given.size
    values = [read.getpixel(IN), read.getpixel(OUT)]
    assert all(value in (0, 1, 254, 255) for value in values)
    return values[0] in (254, 255), values[1] in (254, 255)


NOTHING, WHITE, BLACK = (0, 0, 0, 0), (255, 255, 255, 255), (0, 0, 0, 255)


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P", "LA"])
def test_black_and_white_paints_white_in_any_mode(mode: str, given: Image.Image) -> None:
    assert painted(layer(BLACK, WHITE).convert("L").convert(mode), given) == (True, False)
    assert painted(layer(WHITE, BLACK).convert("L").convert(mode), given) == (False, True)


@pytest.mark.parametrize("alpha", [254, 200, 129])
@pytest.mark.parametrize("where", ["one pixel", "the white", "the black", "everywhere"])
def test_a_little_transparency_changes_no_black_and_white_mask(alpha: int, where: str) -> None:
    some, all_ = (*WHITE[:3], alpha), (*BLACK[:3], alpha)
    mask = layer(all_ if where in ("the black", "everywhere") else BLACK, some if where != "the black" else WHITE)
    if where == "one pixel":
        mask = layer(BLACK, WHITE)
        mask.putpixel((50, 3), (0, 0, 0, alpha))
    assert painted(mask, PHOTO) == (True, False)


def test_a_few_clear_pixels_turn_no_mask_around() -> None:
    mask = layer(BLACK, WHITE)
    mask.putpixel((50, 3), NOTHING)
    assert painted(mask, PHOTO) == (True, False)


@pytest.mark.parametrize("box", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("given", [PHOTO, DRAWING, NIGHT], ids=["photo", "drawing", "night"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_white_strokes_on_a_transparent_layer_are_painted(kind: str, given: Image.Image, box: tuple[int, ...]) -> None:
    assert painted(layer(NOTHING, WHITE, box), given, kind) == (True, False)


def test_soft_white_strokes_keep_their_edge() -> None:
    mask = Image.new("RGBA", (SIDE, SIDE), (255, 255, 255, 0))
    mask.putalpha(Image.radial_gradient("L").resize((SIDE, SIDE)).point(lambda value: 255 - value))
    read = np.asarray(drawn.check(mask, PHOTO))
    assert read[32, 32] > 240 and read[1, 1] < 20 and 100 < read[32, 50] < 200


ERASED = [(given, SMALL) for given in GIVEN.values()] + [(PHOTO, LARGE), (DRAWING, LARGE)]
"""Where much is erased, the rest must have several colours, or strokes of it would look the same."""


@pytest.mark.parametrize("scale", [1, 4])
@pytest.mark.parametrize(("given", "box"), ERASED)
def test_the_picture_with_a_part_erased_is_painted_there(given: Image.Image, box: tuple[int, ...], scale: int) -> None:
    mask = erased(given, box).resize((scale * SIDE, scale * SIDE), Image.Resampling.NEAREST)
    assert painted(mask, given) == (True, False)


@pytest.mark.parametrize(
    ("mask", "given"),
    [
        (layer(NOTHING, BLACK), PHOTO),  # strokes that are not white
        (layer(NOTHING, (255, 0, 0, 255)), PHOTO),
        (layer(NOTHING, (255, 0, 0, 255), LARGE), PHOTO),
        (layer(NOTHING, (128, 128, 128, 255)), PHOTO),
        (layer((0, 0, 255, 255), (255, 0, 0, 255)), PHOTO),  # two colours
        (layer((255, 0, 0, 255), NOTHING), PHOTO),  # a hole in a layer that is not the picture
        (erased(ON_WHITE, (30, 30, 50, 50)), PHOTO),  # another picture
        (erased(DRAWING), PHOTO),  # black and white, and a hole
        (layer(NOTHING, WHITE, (0, 0, SIDE, 12)), ON_WHITE),  # white strokes on white
        (Image.new("RGBA", (SIDE, SIDE)), PHOTO),  # nothing was drawn
        (PHOTO, PHOTO),  # nothing was erased
        (layer(BLACK, BLACK), PHOTO),
        (PHOTO.resize((SIDE, 2 * SIDE)), PHOTO),
    ],
)
def test_what_could_mean_several_masks_or_none_is_asked_about(mask: Image.Image, given: Image.Image) -> None:
    with pytest.raises(drawn.MaskError, match=r"white where I am to paint, .*\.$"):
        drawn.check(mask, given)


def test_a_hole_in_black_is_painted_as_white_would_be() -> None:
    assert painted(layer(BLACK, NOTHING), PHOTO) == (True, False)


def test_a_mask_stands_upright_as_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    mask = Image.new("L", (64, 32))
    ImageDraw.Draw(mask).rectangle((0, 0, 31, 31), fill="white")  # the left becomes the top
    out = io.BytesIO()
    mask.save(out, "JPEG", exif=exif)
    read = drawn.read(out.getvalue(), Image.new("RGB", (32, 64), "red"))
    assert (read.getpixel((16, 8)), read.getpixel((16, 56))) == (255, 0)
