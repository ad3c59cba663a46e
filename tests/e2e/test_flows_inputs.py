"""Masks, words to replace and image prompts: by command, kept with their jobs, and taken along to what follows."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageStat

from sandbox import File, Message
from tests.e2e.scripted import region

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


def mask(width: int = 40, height: int = 40) -> File:
    """White in its left half."""
    return File("mask.png", region(width, height))


def white_share(png: bytes) -> float:
    with Image.open(io.BytesIO(png)) as image:
        return ImageStat.Stat(image.convert("L")).mean[0] / 255


@pytest.fixture
async def masked(studio: Studio, picture: Draw) -> Message:
    """The finished picture of an edit with a mask and an image prompt."""
    answer = await studio.ada.slash(
        studio.channel, "edit", prompt="a fox", image=picture(), mask=mask(),
        image_prompt=picture(20, 30, "blue", "guide.png"), image_prompt_weight=0.5,
    )  # fmt: skip
    assert "(#" in await answer.text()
    return await studio.final()


async def test_an_edit_keeps_to_its_mask_and_is_guided_by_its_image_prompt(
    studio: Studio, picture: Draw, masked: Message
) -> None:
    (start,) = studio.engine.starts
    assert start.mask and Image.open(io.BytesIO(start.mask)).size == (start.spec.width, start.spec.height)
    assert white_share(start.mask) == 0.5 and start.init_image is not None
    (guide,) = start.image_prompts
    assert Image.open(io.BytesIO(guide)).size == (20, 30) and start.spec.image_weights == (0.5,)
    hashes = [hashlib.sha256(file.content).hexdigest()[:12] for file in (picture(20, 30, "blue"), mask())]
    assert f"image prompt {hashes[0]}, mask {hashes[1]}" in masked.content
    assert "--image-weights 0.5" in masked.content and len(masked.attachments) == 1
    answer = await studio.ada.slash(studio.channel, "edit", prompt="a cat", mask=mask(64, 64))
    assert "(#" in await answer.text()  # of the newest picture here
    await studio.final(2)
    assert studio.engine.starts[1].init_image == studio.bot.files.final(1).read_bytes()
    assert studio.engine.starts[1].image_prompts == () and studio.engine.starts[1].mask is not None


async def test_its_pictures_outlast_a_restart_and_go_along_with_what_repeats_it(
    studio: Studio, masked: Message
) -> None:
    first = studio.engine.starts[0]
    await studio.stop()
    await studio.start()
    for number, button in enumerate(("Rerun", "Continue"), start=2):
        assert "(#" in await (await studio.bob.click(masked, label=button)).text()
        await studio.final(number)
        again = studio.engine.starts[number - 1]
        assert (again.init_image, again.mask, again.image_prompts) == (
            first.init_image, first.mask, first.image_prompts,
        )  # fmt: skip
    opened = await studio.bob.click(masked, label="Remix")
    assert "(#" in await (await studio.bob.submit(opened, {"prompt": "a cat"})).text()
    remix = await studio.final(4)
    start = studio.engine.starts[3]
    assert (start.mask, start.image_prompts, start.spec.prompt) == (first.mask, first.image_prompts, "a cat")
    assert "mask " in remix.content and start.spec.image_weights == (0.5,)
    assert "(#" in await (await studio.bob.click(masked, label="Upscale")).text()
    await studio.final(5)
    start = studio.engine.starts[4]  # all of it is refined, by the same words and pictures
    assert (start.mask, start.image_prompts, start.spec.upscale) == (None, first.image_prompts, 2)
    await studio.ada.click(masked, label="Delete")
    await studio.sandbox.until(lambda: not studio.bot.files.folder(1).exists())
    refusal = await (await studio.bob.click(remix, label="Rerun")).text()
    assert "(#" in refusal  # each has its own copy
    await studio.final(5)


async def test_a_waiting_edit_keeps_its_pictures_through_a_restart(studio: Studio, picture: Draw) -> None:
    studio.engine.holding = True
    for prompt in ("one", "two"):
        await studio.bob.slash(studio.channel, "imagine", prompt=prompt)
    await studio.begun(2)
    options = {"image": picture(), "mask": mask(), "image_prompt": picture(colour="blue")}
    assert "(#" in await (await studio.ada.slash(studio.channel, "edit", prompt="a fox", **options)).text()
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    await studio.final(3)
    start = next(start for start in studio.engine.starts if start.spec.prompt == "a fox")
    assert start.mask and start.init_image and len(start.image_prompts) == 1


async def test_words_name_what_is_replaced_and_where_it_was_found_is_shown(studio: Studio, picture: Draw) -> None:
    photo = picture(20, 40)
    await studio.ada.slash(studio.channel, "edit", prompt="a fox", replace="the  *dog*", image=photo, size="32x64")
    final = await studio.final()
    spec = studio.engine.starts[0].spec
    assert (spec.prompt, spec.replace) == ("a fox", "the *dog*")
    assert "To replace “the \\*dog\\*”, I painted 50% of the picture" in final.content
    shown, found = final.attachments
    assert (shown.filename, found.filename) == ("faraday-1.png", "region-1.png")
    assert found.description == "Where “the *dog*” was replaced: white was painted"
    region_png = found.bytes
    assert white_share(region_png) == 0.5 and Image.open(io.BytesIO(region_png)).size == (256, 512)

    await studio.ada.slash(studio.channel, "edit", prompt='replace "a fox" with "a cat"')
    await studio.final(2)
    spec = studio.engine.starts[1].spec
    assert (spec.prompt, spec.replace) == ("a cat", "a fox")
    answer = await studio.ada.slash(
        studio.channel, "edit", prompt="a cow, strength 0.3, seed 7", mask=File("mask.png", region_png)
    )
    assert "(#" in await answer.text()  # the mask that was shown can be sent as it is
    await studio.final(3)
    start = studio.engine.starts[2]
    assert (start.spec.prompt, start.spec.strength, start.spec.seed) == ("a cow", 0.3, 7)
    assert start.mask and white_share(start.mask) == pytest.approx(0.5, abs=0.01)


async def test_imagine_takes_a_mask_and_an_image_prompt(studio: Studio, picture: Draw) -> None:
    erased = Image.new("RGBA", (40, 40), (255, 0, 0, 255))
    erased.paste((0, 0, 0, 0), (0, 0, 20, 40))
    out = io.BytesIO()
    erased.save(out, "PNG")
    await studio.ada.slash(
        studio.channel, "imagine", prompt="a fox", image=picture(), mask=File("erased.png", out.getvalue()),
        image_prompt=picture(colour="blue"), count=2,
    )  # fmt: skip
    await studio.final(2)
    for start in studio.engine.starts:
        assert start.mask and start.init_image and len(start.image_prompts) == 1 and start.spec.image_weights == ()
    await studio.ada.slash(studio.channel, "imagine", prompt="a cat", image_prompt=picture(), image_prompt_weight=-0.25)
    await studio.final(3)
    start = studio.engine.starts[2]
    assert start.init_image is None and start.mask is None and start.spec.image_weights == (-0.25,)


async def test_masks_and_image_prompts_that_cannot_be_used_are_refused_and_nothing_waits(
    studio: Studio, picture: Draw
) -> None:
    noisy = File("noise.png", b"no picture")
    huge = picture(600, 600)
    refusals: dict[str, tuple[str, dict[str, Any]]] = {
        "A mask needs a picture to lie on": ("imagine", {"mask": mask()}),
        "they must have the same shape": ("edit", {"image": picture(), "mask": mask(40, 20)}),
        "is all black": ("edit", {"image": picture(), "mask": picture(colour="black")}),
        "is a coloured picture": ("edit", {"image": picture(), "mask": picture(colour="red")}),
        "is not a picture I can read": ("edit", {"image": picture(), "mask": noisy}),
        "megapixels": ("edit", {"image": picture(), "image_prompt": huge}),
        "attach one as image_prompt": ("imagine", {"image_prompt_weight": 0.5}),
        "leave the mask, the replacement and the image prompt out": (
            "edit", {"image": picture(), "mask": mask(), "prompt": "a fox, x2"},
        ),
        "leave the replacement out": ("edit", {"image": picture(), "replace": "a dog", "prompt": "a fox, x2"}),
        "I need a picture to start from": ("imagine", {"prompt": "a fox --replace dog"}),
    }  # fmt: skip
    for refusal, (command, options) in refusals.items():
        answer = await studio.ada.slash(studio.channel, command, **{"prompt": "a fox", **options})
        assert refusal in await answer.text(), await answer.text()
    assert not studio.engine.starts and not any((await studio.bot.queue.counts()).values())
