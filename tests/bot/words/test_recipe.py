"""The recipe line, and the metadata that carries it."""

from __future__ import annotations

import dataclasses
import io
import re

import pytest
from hypothesis import given, settings
from PIL import Image

from bot.config import LimitsSection
from bot.words import prompts, recipe
from engine.messages import BundleInfo, Precision, Preset, Spec, defaults, resolution
from engine.messages.prompts import told
from engine.messages.resolution import Machine, Means, table
from engine.messages.sizes import InitSize
from tests.infos import small
from tests.random_specs import sound_specs


@pytest.fixture
def info() -> BundleInfo:
    return small(iterations=200, iterations_edit=150)


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


def read_back(
    line: str, info: BundleInfo, init: InitSize | None = None, threads: int = 1024
) -> tuple[Spec, tuple[str, ...]]:
    machine = Machine(threads=threads, cores=threads)
    means = Means(info=info, machine=machine, bounds=LimitsSection(max_cutouts=1024).bounds, init=init)
    return resolution.painted(prompts.parse(line).asked(), means, editing=False)


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


def test_origin_and_a_usual_strength_are_named_only_for_pictures_made_from_another(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(strength=0.45), info, device="cpu", input_hash="ab" * 32, parent_id=12)
    assert "--strength 0.45 --bundle starter" in line
    assert line.endswith(", from #12, input abababababab]")
    assert "strength" not in recipe.describe(a_spec(strength=info.strength), info, device="cpu")


def test_the_recipe_of_a_stopped_run_stops_there_too(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(), info, device="cpu", stopped_at=57)
    assert line.endswith("stopped at iteration 57]")
    again, _ = read_back(line, info)
    assert again == a_spec(iterations=57, schedule_iterations=200)


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


INPUT = {"input_hash": "ab" * 32, "parent_id": 3}
SIZE = 128, 96


@settings(max_examples=80, deadline=None)
@given(spec=sound_specs())
def test_a_recipe_given_again_is_the_same_spec(spec: Spec) -> None:
    info = an_info(spec)
    origin = INPUT if spec.replace or spec.upscale > 1 else {}
    line = recipe.describe(spec, info, device="cpu", **origin)  # type: ignore[arg-type]
    init = InitSize(width=128, height=96, painted=True) if origin else None
    assert read_back(line, info, init) == (spec, ())
    without = dataclasses.replace(spec, precision=Precision.FP32, threads=1024)
    assert read_back(re.sub(r" \[weights [^\[\]]*\]$", "", line), info, init) == (without, told(without.prompt))


def an_info(spec: Spec) -> BundleInfo:
    """A bundle that can paint ``spec``, with a preset that would change it."""
    return small(
        iterations=200,
        iterations_edit=150,
        presets=(Preset(name="replace", title="Replace", values=(("learning_rate", 0.15), ("strength", 1.0))),),
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "a car seed 3",
        "a car strength 1",
        "a car --cutouts 3",
        "a car --seed 3",
        "a car --colour 3",
        "a car --",
        "a car, ",
        "a [red] car",
        "a car [weights 1a2b, fp32]",
        "a house ~2 ^ a car:0.5:0.3; rain:-1 --size 3x3",
    ],
)
def test_a_prompt_that_reads_like_settings_stays_one(prompt: str, info: BundleInfo) -> None:
    spec = a_spec(prompt=prompt.strip())
    assert read_back(recipe.describe(spec, info, device="cpu"), info)[0] == spec


def test_words_that_the_engine_drew_are_told_in_the_bracket_and_read_back_as_no_words(info: BundleInfo) -> None:
    drawn = recipe.words_read("an orange cat on grass, watercolor [x]")
    line = recipe.describe(a_spec(prompt="a cat, watercolor [x]"), info, device="cpu", others=drawn)
    assert line.endswith(f"faraday {recipe.VERSION}, read as “an orange cat on grass, watercolor (x)”]")
    assert read_back(line, info) == (a_spec(prompt="a cat, watercolor [x]"), ())
    assert recipe.words_read(None) == ()


def test_every_setting_that_a_person_can_set_is_named_when_it_is_not_as_usual(info: BundleInfo) -> None:
    usual = recipe.describe(a_spec(), info, device="cpu")
    for name in table().keys() - {"precision", "threads"}:
        assert f"--{name.replace('_', '-')}" not in usual
        assert name in defaults()


def test_what_else_differs_from_the_recipes_machine_is_said(info: BundleInfo) -> None:
    line = recipe.describe(a_spec(threads=4), dataclasses.replace(info, weights_hash="abcdef"), device="cpu")
    spec, notes = read_back(line, info, threads=2)
    assert spec.threads == 2
    assert "4 threads" in notes[0] and "other weights" in notes[1]
