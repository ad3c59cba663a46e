"""From wishes to specs."""

from __future__ import annotations

import dataclasses

import pytest

from bot.config import LimitsSection
from bot.words.prompts import Wish
from engine.messages import BundleInfo, Precision, Preset, PromptError, Ready, Spec, SpecError, resolution
from engine.messages.resolution import Machine, Means, Resolved
from engine.messages.sizes import InitSize
from tests.infos import small

INFO = small(precision=Precision.BF16)
LIMITS = LimitsSection()
MACHINE = Machine(threads=2, cores=4)


def means(
    info: BundleInfo = INFO, limits: LimitsSection = LIMITS, init: InitSize | None = None, image_prompts: int = 0
) -> Means:
    return Means(info=info, machine=MACHINE, bounds=limits.bounds, init=init, image_prompts=image_prompts)


def wished(
    wish: Wish,
    *,
    init: InitSize | None = None,
    editing: bool = False,
    limits: LimitsSection = LIMITS,
    info: BundleInfo = INFO,
    image_prompts: int = 0,
) -> Resolved:
    return resolution.painted(wish.asked(), means(info, limits, init, image_prompts), editing=editing)


def rerun(spec: Spec, limits: LimitsSection = LIMITS, init: InitSize | None = None) -> Resolved:
    return resolution.remixed(spec, Wish(prompt="").asked(), means(limits=limits, init=init))


def upscaled(spec: Spec, wish: Wish) -> Resolved:
    return resolution.upscaled(spec, wish.asked(), means())


def test_a_bare_prompt_gets_the_bundles_defaults_and_a_seed() -> None:
    spec, notes = wished(Wish(prompt=" a  red\ncar "))
    assert spec == Spec(
        prompt="a red car",
        bundle="starter",
        width=128,
        height=128,
        iterations=150,
        seed=spec.seed,
        strength=0.6,
        precision=Precision.BF16,
        threads=2,
    )
    assert not notes
    assert wished(Wish(prompt="x"))[0].seed != spec.seed


def test_a_recipe_has_its_own_threads_as_far_as_there_are_cores() -> None:
    assert wished(Wish(prompt="x", more={"threads": 4}))[0].threads == 4
    spec, (note,) = wished(Wish(prompt="x", more={"threads": 8}))
    assert spec.threads == 4 and "8 threads and I have 4" in note
    ready = Ready(device="cpu", bundles=(INFO,), threads=3, cores=1)
    assert Machine.of(ready) == Machine(threads=3, cores=3)


def test_an_edit_has_its_own_number_of_iterations() -> None:
    assert wished(Wish(prompt="x"), editing=True)[0].iterations == 100


def test_what_was_set_is_kept() -> None:
    spec, _ = wished(Wish(prompt="x", size=(64, 96), iterations=7, seed=3, strength=0.0))
    assert (spec.width, spec.height, spec.iterations, spec.seed, spec.strength) == (64, 96, 7, 3, 0.0)


def test_an_upload_keeps_its_shape_at_the_working_size() -> None:
    spec, notes = wished(Wish(prompt="x"), init=InitSize(width=4000, height=3000))
    assert (spec.width, spec.height) == (144, 112) and not notes


def test_one_of_our_own_keeps_its_size() -> None:
    spec, notes = wished(Wish(prompt="x"), init=InitSize(width=256, height=192, painted=True))
    assert (spec.width, spec.height) == (256, 192) and not notes


def test_one_of_our_own_beyond_todays_limit_comes_down_to_the_working_size() -> None:
    spec, _ = wished(Wish(prompt="x"), init=InitSize(width=512, height=512, painted=True))
    assert (spec.width, spec.height) == (128, 128)


@pytest.mark.parametrize(("size", "snapped"), [((130, 61), (128, 64)), ((1, 1), (16, 16)), ((132, 132), (136, 136))])
def test_snapping_is_mentioned(size: tuple[int, int], snapped: tuple[int, int]) -> None:
    spec, (note,) = wished(Wish(prompt="x", size=size))
    assert (spec.width, spec.height) == snapped
    assert note.startswith(f"{size[0]}×{size[1]} became {snapped[0]}×{snapped[1]}")


def test_cropping_is_mentioned() -> None:
    _, notes = wished(Wish(prompt="x", size=(128, 128)), init=InitSize(width=200, height=100))
    assert notes == ("The picture was cropped to the shape of 128×128.",)
    _, notes = wished(Wish(prompt="x", size=(128, 128)), init=InitSize(width=200, height=198))
    assert not notes


def test_the_servers_limits_hold_besides_the_bundles() -> None:
    limits = LimitsSection(max_pixels=64 * 64, max_iterations=50)
    with pytest.raises(SpecError, match="up to 4,096"):
        wished(Wish(prompt="x", size=(128, 128)), limits=limits)
    with pytest.raises(SpecError, match="1 to 50"):
        wished(Wish(prompt="x", iterations=51), limits=limits)
    with pytest.raises(SpecError, match="cutouts is 9; it must be a whole number from 1 to 8 here"):
        wished(Wish(prompt="x", more={"cutouts": 9}), limits=LimitsSection(max_cutouts=8))
    spec, notes = wished(Wish(prompt="x"), limits=limits)
    assert (spec.width, spec.height, spec.iterations) == (64, 64, 50) and not notes
    with pytest.raises(SpecError, match="for example 64x64"):
        rerun(dataclasses.replace(spec, width=128, height=128), limits)


@pytest.mark.parametrize(
    ("prompt", "advice"),
    [("", "is empty"), (" \n", "is empty"), ("a:-1", "a weight above 0"), ("x" * 1001, "Please shorten it")],
)
def test_prompts_that_cannot_be_painted_are_refused(prompt: str, advice: str) -> None:
    with pytest.raises(PromptError, match=advice):
        wished(Wish(prompt=prompt))


def test_more_words_than_the_perceptors_read_are_refused_before_they_wait_in_line() -> None:
    wished(Wish(prompt="car " * 75 + "| night"))
    with pytest.raises(PromptError, match="76 words in one part"):
        wished(Wish(prompt="night | " + "car " * 76))


def test_a_rerun_changes_nothing_but_the_seed() -> None:
    spec, _ = wished(Wish(prompt="x", seed=3, strength=0.2))
    again, notes = rerun(spec)
    assert again.seed != 3 and not notes and dataclasses.replace(again, seed=3) == spec


WEATHER = Preset(name="weather", title="W", values=(("strength", 1.0), ("iterations", 400), ("learning_rate", 0.15)))
WITH_CHOICES = dataclasses.replace(INFO, presets=(WEATHER,), choices=(("optimisers", ("adam", "adamw")),), perceptors=2)
UPLOAD = InitSize(width=128, height=128)


def test_a_preset_stands_between_what_is_asked_for_and_the_usual() -> None:
    wish = Wish(prompt="x", preset="weather", strength=0.5)
    spec, _ = wished(wish, info=WITH_CHOICES, init=UPLOAD, editing=True)
    assert (spec.strength, spec.iterations, spec.learning_rate) == (0.5, 400, 0.15)
    few = LimitsSection(max_iterations=50)
    assert wished(wish, info=WITH_CHOICES, limits=few, init=UPLOAD, editing=True)[0].iterations == 50


@pytest.mark.parametrize(
    ("wish", "advice"),
    [
        (Wish(prompt="x", preset="wether"), "preset is 'wether'; it must be one of: weather"),
        (Wish(prompt="x", more={"optimiser": "sgd"}), "optimiser is 'sgd'; it must be one of: adam, adamw"),
        (Wish(prompt="x", more={"perceptor_weights": (1.0,)}), "perceptor_weights .* 2 numbers"),
        (Wish(prompt="x", more={"noise_weights": (1.0,)}), "noise_weights has 1 weights for 0 noise_seeds"),
        (Wish(prompt="x", more={"image_weights": (1.0,)}), "image_weights has 1 weights for 0 image prompts"),
        (Wish(prompt="x", more={"replace": "a dog"}), "I need a picture to start from"),
    ],
)
def test_what_the_engine_would_refuse_is_refused_before_it_waits(wish: Wish, advice: str) -> None:
    with pytest.raises(SpecError, match=advice):
        wished(wish, info=WITH_CHOICES)


def test_what_is_guided_by_noise_or_pictures_needs_no_words() -> None:
    assert wished(Wish(prompt="", more={"noise_seeds": (7,)}))[0].prompt == ""
    spec, _ = wished(Wish(prompt=""), image_prompts=1)
    assert spec.prompt == ""


def test_an_upscale_refines_the_whole_in_tiles_so_that_its_input_bounds_it() -> None:
    spec, _ = wished(Wish(prompt="x", seed=3))
    larger, _ = upscaled(spec, Wish(prompt=""))
    assert (larger.width, larger.height, larger.iterations, larger.seed) == (256, 256, 60, 3)
    assert larger.upscale == 2 and larger.strength == pytest.approx(0.3)
    wish = Wish(prompt="y", iterations=9, strength=0.1, more={"upscale": 4})
    largest, _ = upscaled(spec, wish)
    assert (largest.width, largest.upscale, largest.prompt, largest.iterations) == (512, 4, "y", 9)
    with pytest.raises(SpecError, match="1024×1024 px are 1,048,576 pixels in all"):
        upscaled(largest, Wish(prompt=""))
    assert rerun(largest, init=UPLOAD)[0].upscale == 4
