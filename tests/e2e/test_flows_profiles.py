"""Pictures of cameras and phones on Discord: profiles, multi-picture JPEGs, and files that are called masks."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PIL import Image

from sandbox import File
from tests import icc

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

SKY, ADOBE_SKY = (119, 180, 240), (139, 179, 237)
CONVERTED, IGNORED = "colours converted to sRGB", "unusable colour profile ignored"


def photo(name: str, kind: str = "PNG", colour: Any = ADOBE_SKY, **options: Any) -> File:
    out = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(out, kind, **options)
    return File(name, out.getvalue())


ADOBE = icc.rgb_profile(icc.ADOBE_RGB)


async def test_profiles_are_converted_and_told_and_what_follows_tells_them_too(studio: Studio) -> None:
    options = {"image": photo("sky.png", icc_profile=ADOBE), "image_prompt": photo("guide.png", icc_profile=b"broken")}
    answer = await studio.ada.slash(studio.channel, "edit", prompt="a fox", **options)
    assert "(#" in await answer.text()
    final = await studio.final()
    (start,) = studio.engine.starts
    assert start.init_image
    assert Image.open(io.BytesIO(start.init_image)).convert("RGB").getpixel((5, 5)) == SKY
    assert f", input: {CONVERTED}, image prompt 1: {IGNORED}]" in final.content
    assert "icc_profile" not in Image.open(io.BytesIO(final.attachments[0].bytes)).info
    for number, (button, told) in enumerate(
        [
            ("Rerun", f", input: {CONVERTED}, image prompt 1: {IGNORED}]"),
            ("Upscale", f", image prompt 1: {IGNORED}]"),
        ],
        start=2,
    ):
        await studio.bob.click(final, label=button)
        assert told in (await studio.final(number)).content


async def test_a_phones_multi_picture_jpeg_is_a_still(studio: Studio) -> None:
    more = {"save_all": True, "append_images": [Image.new("RGB", (40, 40), "red")]}
    await studio.ada.slash(studio.channel, "edit", prompt="a fox", image=photo("a.jpg", "MPO", SKY, **more))
    final = await studio.final()
    assert "animated" not in final.content
    job = await studio.job_of(final)
    assert job.notes == ()


async def test_a_lone_gas_mask_is_the_picture_and_with_a_reply_it_is_the_mask(
    studio: Studio, picture: Callable[..., File]
) -> None:
    await studio.ada.say(
        studio.channel, f"{studio.sandbox.bot_user.mention} .edit a fox", files=[photo("gas-mask.png")]
    )
    first = await studio.final()
    (start,) = studio.engine.starts
    assert start.init_image is not None and start.mask is None
    mask = photo("gas-mask.png", colour="white")
    await studio.ada.say(first.channel, ".edit a cat", files=[mask], reply_to=first)
    await studio.final(2)
    assert studio.engine.starts[1].mask is not None


async def test_a_lone_gas_mask_is_found_as_the_newest_picture(studio: Studio) -> None:
    direct = await studio.ada.open_dm()
    await studio.ada.say(direct, files=[photo("gas-mask.png")])
    answer = await studio.ada.slash(direct, "edit", prompt="a fox")
    assert "(#" in await answer.text()
    await studio.final(channel=direct)
    assert studio.engine.starts[0].init_image is not None
