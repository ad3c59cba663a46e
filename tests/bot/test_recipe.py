"""The recipe line, and the metadata that carries it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot import prompts, recipe
from engine.messages import BundleInfo, Spec


@pytest.fixture
def info() -> BundleInfo:
    return BundleInfo(
        name="starter",
        title="Picture book",
        f=8,
        width=128,
        height=128,
        iterations=200,
        iterations_edit=150,
        iterations_upscale=60,
        strength=0.6,
        max_pixels=65536,
        max_iterations=2000,
        max_tokens=75,
        weights_hash="1a2b3c4d5e6f",
    )


def a_spec(**changes: object) -> Spec:
    settings: dict[str, object] = {
        "prompt": "a red car at night",
        "bundle": "starter",
        "width": 128,
        "height": 96,
        "iterations": 200,
        "seed": 7,
        "threads": 2,
    }
    return Spec(**{**settings, **changes})  # type: ignore[arg-type]


def a_png() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, format="PNG")
    return out.getvalue()


def test_a_recipe_names_all_that_the_pixels_depend_on(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(), info, device="cpu")
    assert line == (
        "a red car at night --seed 7 --size 128x96 --iterations 200 --bundle starter "
        f"[weights 1a2b3c4d5e6f, fp32, 2 threads, cpu, faraday {recipe.VERSION}]"
    )


def test_strength_and_origin_are_named_only_for_pictures_made_from_another(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(strength=0.45), info, device="cpu", input_hash="ab" * 32, parent_id=12)
    assert "--strength 0.45 --bundle starter" in line
    assert line.endswith(", from #12, input abababababab]")
    assert "strength" not in recipe.describe(a_spec(strength=0.45), info, device="cpu")


def test_a_stopped_run_says_where_it_stopped_and_reads_back_all_the_same(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(), info, device="cpu", stopped_at=57)
    assert line.endswith("stopped at iteration 57]")
    assert prompts.parse(line).iterations == 200


def test_a_recipe_is_one_line_whatever_the_prompt(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(prompt="a red\ncar \t at  night"), info, device="cpu")
    assert line.startswith("a red car at night --seed")
    assert "\n" not in line


def test_a_stamped_picture_gives_its_recipe_back_and_keeps_its_pixels() -> None:
    plain = a_png()
    stamped = recipe.stamp(plain, "ein Bär – 🐻 --seed 7")
    assert recipe.read(stamped) == "ein Bär – 🐻 --seed 7"
    with Image.open(io.BytesIO(plain)) as before, Image.open(io.BytesIO(stamped)) as after:
        assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"not a picture", a_png()])
def test_what_carries_no_recipe_reads_as_none(content: bytes) -> None:
    assert recipe.read(content) is None
