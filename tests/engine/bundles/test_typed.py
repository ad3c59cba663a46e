"""A bundle's entry with a value of another type is refused, and its file and field are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.bundles import bundles
from engine.models.weights import WeightsError

GOOD = {
    "title": '"Mine"', "width": "32", "height": "32", "iterations": "5", "iterations_edit": "5", "strength": "0.5",
    "iterations_upscale": "5", "max_pixels": "4096", "max_iterations": "9", "perceptors": '["vit.safetensors"]',
    "vqgan": '{ weights = "vqgan.safetensors", config = "vqgan.yaml" }', "feather": "8", "learning_rate": "1",
    "candidates": "2", "phrases": '"picture-book"', "start_noise": "0", "betas": "[0.9, 0.99]", "examples": '["a car"]',
    "vocabulary": '"vocabulary.json"', "perceptor_weights": "[1]", "cutouts": "{ count = 4, flip = 0 }",
    "regulariser": '{ weight = 1, schedule = "none" }', "region": "{ cover = 0.4 }",
}  # fmt: skip
FREE = {("title", '"words"'), ("phrases", '"words"'), ("vocabulary", '"words"'), ("perceptors", '["words"]')}


def entry(folder: Path, **values: str) -> None:
    (folder / "mine" / "bundle.toml").write_text("\n".join(f"{key} = {value}" for key, value in values.items()))


@pytest.fixture
def folder(tmp_path: Path, weights_dir: Path) -> Path:
    shutil.copytree(weights_dir / "starter", tmp_path / "mine")
    return tmp_path


def test_an_entry_with_whole_numbers_for_numbers_is_taken(folder: Path) -> None:
    entry(folder, **GOOD)
    assert bundles.find("mine", folder)[0].betas == (0.9, 0.99)


@pytest.mark.parametrize("bad", ['"words"', "-1.5", "[[]]", "true", "nan", "[true]", "{ a = 1 }", "1979-05-27"])
@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_value_of_another_type_is_refused_by_name(folder: Path, name: str, bad: str) -> None:
    entry(folder, **{**GOOD, name: bad})
    numbers = {"strength", "learning_rate", "start_noise"}
    if (name, bad) in FREE or (name in numbers and bad == "-1.5"):
        bundles.find("mine", folder)
        return
    with pytest.raises(WeightsError, match=r"bundle\.toml cannot be used: .*\. Correct it, or add the bundle again\."):
        bundles.find("mine", folder)


@pytest.mark.parametrize("part", ['cutouts = { count = "4" }', "cutouts = { noise = true }", "region = { grid = -1 }",
                                  'regulariser = { weight = "x" }',
                                  'check = { unsafe = [3], neutral = ["a"] }'])  # fmt: skip
def test_a_part_with_a_value_of_another_type_is_refused(folder: Path, part: str) -> None:
    name, _, value = part.partition(" = ")
    entry(folder, **{**GOOD, name: value})
    with pytest.raises(WeightsError, match=r"must be .* and is"):
        bundles.find("mine", folder)
