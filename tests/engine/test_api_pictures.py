"""Pictures that a notebook gives: every kind of source at every door of the Python API."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from engine.bundles.bundles import Bundle
from engine.incoming import Profile
from engine.messages import Saved
from tests import icc

SIZE = (64, 32)
SKY, ADOBE_SKY = (119, 180, 240), (139, 179, 237)  # one colour, in sRGB and in Adobe RGB
MASK = np.zeros((32, 64), np.uint8)
MASK[:, :16] = 255
Door = Callable[[Any], bytes]


def sky() -> Image.Image:
    return Image.new("RGB", SIZE, SKY)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def adobe() -> bytes:
    return encoded(Image.new("RGB", SIZE, ADOBE_SKY), icc_profile=icc.rgb_profile(icc.ADOBE_RGB))


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(sky().transpose(Image.Transpose.ROTATE_90), exif=exif)


def on_disk(folder: Path, content: bytes) -> Path:
    (folder / "sky.png").write_bytes(content)
    return folder / "sky.png"


SOURCES: dict[str, Callable[[Path], Any]] = {
    "path": lambda folder: on_disk(folder, encoded(sky())),
    "str": lambda folder: str(on_disk(folder, encoded(sky()))),
    "bytes": lambda folder: encoded(sky()),
    "PIL": lambda folder: sky(),
    "lazy PIL": lambda folder: Image.open(on_disk(folder, encoded(sky()))),
    "uint8": lambda folder: np.asarray(sky()),
    "uint16": lambda folder: np.asarray(sky()).astype(np.uint16) * 257,
    "float": lambda folder: np.asarray(sky()) / 255,
    "float32": lambda folder: np.asarray(sky()).astype(np.float32) / 255,
    "alpha": lambda folder: np.dstack([np.asarray(sky()), np.full((32, 64), 255, np.uint8)]),
    "turned": lambda folder: turned(),
    "Adobe RGB path": lambda folder: on_disk(folder, adobe()),
    "Adobe RGB bytes": lambda folder: adobe(),
    "Adobe RGB PIL": lambda folder: Image.open(io.BytesIO(adobe())),
}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return SOURCES[request.param](tmp_path)


def paint(bundle: Bundle, tmp_path: Path, **more: Any) -> tuple[engine.Step, Saved]:
    """The last step, and what the run was given."""
    file = tmp_path / "a.run"
    *_, step = engine.generate(
        "a red car", bundle=bundle, size=SIZE, iterations=1, seed=1, feather=0, save_to=file, **more
    )
    return step, Saved.from_bytes(file.read_bytes())


def colours(image: Image.Image) -> set[Any]:
    return {colour for _, colour in image.convert("RGB").getcolors() or []}


def test_each_source_is_the_picture_that_is_edited(bundle: Bundle, tmp_path: Path, source: Any) -> None:
    step, saved = paint(bundle, tmp_path, init_image=source, mask=MASK)
    assert colours(step.image.crop((16, 0, *SIZE))) == {SKY}
    assert colours(step.image) != {SKY}
    assert saved.init_image is not None and Image.open(io.BytesIO(saved.init_image)).size == SIZE


def test_each_source_is_a_picture_to_be_guided_towards(bundle: Bundle, tmp_path: Path, source: Any) -> None:
    _, saved = paint(bundle, tmp_path, image_prompts=[source])
    (guide,) = saved.image_prompts
    assert colours(Image.open(io.BytesIO(guide))) == {SKY} and Image.open(io.BytesIO(guide)).size == SIZE


def test_each_source_can_be_painted_over(bundle: Bundle, tmp_path: Path, source: Any) -> None:
    first, _ = paint(bundle, tmp_path)
    saved = first.run.checkpoint()
    plain, *_ = engine.resume(saved, bundle=bundle, iterations=2, painted=sky())
    over, *_ = engine.resume(saved, bundle=bundle, iterations=2, painted=source)
    assert torch.equal(plain.run.z, over.run.z) and not torch.equal(plain.run.z, first.run.z)


MASKS: dict[str, Any] = {
    "grey": MASK,
    "bool": MASK > 0,
    "float": MASK / 255,
    "three bands": np.repeat(MASK[..., None], 3, axis=2),
    "one band": MASK[..., None],
    "PIL": Image.fromarray(MASK),
    "1": Image.fromarray(MASK).convert("1"),
    "strokes": np.dstack([np.full((32, 64, 3), 255, np.uint8), MASK]),
    "erased": np.dstack([np.asarray(sky()), 255 - MASK]),
    "bytes": encoded(Image.fromarray(MASK)),
    "twice the size": Image.fromarray(MASK).resize((128, 64), Image.Resampling.NEAREST),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_each_mask_is_where_is_painted(bundle: Bundle, tmp_path: Path, mask: Any) -> None:
    step, saved = paint(bundle, tmp_path, init_image=sky(), mask=mask)
    assert step.mask is not None and np.array_equal(np.asarray(step.mask), MASK)
    assert saved.mask is not None and np.array_equal(np.asarray(Image.open(io.BytesIO(saved.mask)).convert("L")), MASK)


def test_a_bare_checkpoint_takes_the_same_pictures_as_the_run_did_whatever_their_shape(
    bundle: Bundle, tmp_path: Path
) -> None:
    photo = Image.linear_gradient("L").resize((90, 90)).convert("RGB")  # cropped to the run's shape
    mask = Image.fromarray(np.pad(np.full((90, 45), 255, np.uint8), ((0, 0), (0, 45))))
    given: dict[str, Any] = {"init_image": photo, "mask": mask, "image_prompts": [np.asarray(photo)]}
    asked: dict[str, Any] = {"bundle": bundle, "size": SIZE, "seed": 1}
    *_, whole = engine.generate("a red car", iterations=2, **asked, **given)
    first = next(engine.generate("a red car", iterations=2, **asked, **given))
    *_, resumed = engine.resume(first.run.checkpoint(), bundle=bundle, **given)
    assert torch.equal(whole.run.z, resumed.run.z)
    assert whole.image.tobytes() == resumed.image.tobytes()


@pytest.mark.parametrize("wrong", [None, 7, b"no picture", "missing.png", np.zeros(3), lambda: None])
@pytest.mark.parametrize("door", ["init_image", "mask", "image_prompts", "painted", "describe"])
def test_what_is_no_picture_is_refused_at_each_door(bundle: Bundle, tmp_path: Path, door: str, wrong: Any) -> None:
    if wrong is None and door in ("init_image", "mask", "painted"):
        pytest.skip("None leaves it out")
    doors: dict[str, Callable[[], Any]] = {
        "init_image": lambda: engine.generate("a car", bundle=bundle, init_image=wrong),
        "mask": lambda: engine.generate("a car", bundle=bundle, init_image=sky(), size=SIZE, mask=wrong),
        "image_prompts": lambda: engine.generate("a car", bundle=bundle, image_prompts=[wrong]),
        "painted": lambda: engine.resume(paint(bundle, tmp_path)[0].run.checkpoint(), bundle=bundle, painted=wrong),
        "describe": lambda: engine.describe(wrong, bundle=bundle),
    }
    with pytest.raises(ValueError, match=r"^[A-Z][^\n]*\.$"):
        doors[door]()


@pytest.mark.parametrize("one", ["photo.png", Path("photo.png"), b"x", sky(), MASK], ids=lambda one: type(one).__name__)
def test_one_picture_in_place_of_a_list_is_refused(bundle: Bundle, one: Any) -> None:
    with pytest.raises(ValueError, match=r"image_prompts=\["):
        engine.generate("a car", bundle=bundle, image_prompts=one)


def test_what_is_painted_over_keeps_the_shape(bundle: Bundle, tmp_path: Path) -> None:
    saved = paint(bundle, tmp_path)[0].run.checkpoint()
    with pytest.raises(ValueError, match="keep its shape"):
        engine.resume(saved, bundle=bundle, painted=Image.new("RGB", (32, 32)))


def test_a_mask_needs_a_picture(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="A mask needs a picture"):
        engine.generate("a car", bundle=bundle, mask=MASK)


def test_the_log_tells_of_profiles(bundle: Bundle, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paint(bundle, tmp_path, init_image=adobe())
    broken = encoded(sky(), icc_profile=b"broken")
    paint(bundle, tmp_path, image_prompts=[broken])
    assert [record.message for record in caplog.records] == [Profile.CONVERTED.note, Profile.IGNORED.note]
