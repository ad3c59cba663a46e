"""What lies in the weights' folder, read or refused with what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from engine.bundles import bundles
from engine.models import clip, vqgan, weights


def test_missing_damaged_or_mismatched_weights_say_what_to_do(tmp_path: Path, weights_dir: Path) -> None:
    with pytest.raises(weights.WeightsError, match="python -m bot weights list"):
        weights.load(tmp_path / "absent.safetensors")
    (tmp_path / "torn.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{torn")
    with pytest.raises(weights.WeightsError, match="Convert or fetch it again"):
        weights.load(tmp_path / "torn.safetensors")
    config = weights.load_config(weights_dir / "starter" / "vqgan.yaml")
    with pytest.raises(ValueError, match="do not fit"):
        vqgan.build(config, {"encoder.conv_in.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match="not the weights of a CLIP"):
        clip.build({"nothing": torch.zeros(1)})


def test_a_bundle_of_few_words_tells_which(weights_dir: Path, tmp_path: Path) -> None:
    vocabulary = bundles.load("starter", weights_dir, torch.device("cpu")).info().vocabulary
    assert vocabulary is not None
    assert {"car", "night"} <= set(vocabulary.words) and vocabulary.kinds == (("things", "car, circle"),)
    weights.save_vocabulary(vocabulary, tmp_path / "copy.json")
    assert weights.load_vocabulary(tmp_path / "copy.json") == vocabulary
    assert bundles.table()["imagenet-16384"].vocabulary is None


def test_a_folder_with_an_entry_of_its_own_is_a_bundle(weights_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(weights_dir / "starter", tmp_path / "mine")
    entry = tmp_path / "mine" / "bundle.toml"
    with pytest.raises(weights.WeightsError, match=r"no bundle 'mine'\. Choose one of: .*starter"):
        bundles.load("mine", tmp_path, torch.device("cpu"))
    numbers = "".join(f"{name} = 32\n" for name in ("width", "height", "iterations", "iterations_edit"))
    limits = "iterations_upscale = 5\nstrength = 0.5\nmax_pixels = 4096\nmax_iterations = 9\n"
    files = 'vqgan = { weights = "vqgan.safetensors", config = "vqgan.yaml" }\nperceptors = ["vit.safetensors"]\n'
    entry.write_text('title = "My own"\n' + numbers + limits + files + 'vocabulary = "vocabulary.json"\n')
    info = bundles.load("mine", tmp_path, torch.device("cpu")).info()
    assert (info.name, info.title, info.max_iterations) == ("mine", "My own", 9)
    assert info.vocabulary is not None
    with pytest.raises(weights.WeightsError, match=r"Choose one of: .*mine"):
        bundles.load("yours", tmp_path, torch.device("cpu"))
    whole = entry.read_text()
    wrong = [
        f"{name} = 3\n" for name in ("colour", "cutouts", "region", "check", "presets", "losses", "examples", "pull")
    ]
    whole_but_one = [whole.replace('["vit.safetensors"]', other) for other in ("3", "[3]", '[{ kind = "clip" }]')]
    for broken in ("title =", 'title = "x"\n', whole + 'start = "x"\n', "[" * 5000, *map(whole.__add__, wrong),
                   *whole_but_one):  # fmt: skip
        entry.write_text(broken)
        with pytest.raises(weights.WeightsError, match=r"bundle\.toml cannot be used"):
            bundles.load("mine", tmp_path, torch.device("cpu"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"words": 3, "kinds": {}}', '{"words": ["a"]}', None])
def test_a_vocabulary_that_cannot_be_read_says_so(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "vocabulary.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(weights.WeightsError, match=r"vocabulary\.json"):
        weights.load_vocabulary(path)


def test_the_bundle_table_reads_and_names_only_schedules_and_starts_that_exist() -> None:
    table = bundles.table()
    assert {"starter", "imagenet-16384"} <= set(table)
    assert table["imagenet-16384"].learning_rate == 0.15
    assert table["imagenet-16384"].iterations == 400
