"""Training on a user's own pictures, from a folder to a bundle that paints."""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from engine import api
from engine.bundles import bundles
from training.__main__ import app
from training.fit import Fit, check_name, entry
from training.pictures.folder import FitError
from training.presets import PRESETS, PresetName
from training.stages import LANES

ROOT = Path(__file__).parents[2]
FILES = {
    "bundle.toml", "resnet.safetensors", "start.safetensors", "vit.safetensors", "vocabulary.json", "vqgan.safetensors",
    "vqgan.yaml",
}  # fmt: skip


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    """Twelve drawn pictures with captions."""
    folder = tmp_path / "drawings"
    folder.mkdir()
    rng = random.Random(0)
    for number in range(12):
        colour, shape = rng.choice(["red", "blue", "lime"]), ["circle", "square"][number % 2]
        image = Image.new("RGB", (90, 70), "white")
        place = (20, 10, 60, 50)
        (ImageDraw.Draw(image).ellipse if shape == "circle" else ImageDraw.Draw(image).rectangle)(place, fill=colour)
        image.save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"a {colour} {shape}\n{shape}, {colour}, drawn by hand\n")
    return folder


@pytest.fixture
def fit(drawings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fit:
    """A training of one or two steps for each model."""
    few = dataclasses.replace(PRESETS[PresetName.SMALL], vqgan_batch=2, clip_batch=8, start_batch=4)
    monkeypatch.setitem(PRESETS, PresetName.SMALL, few)
    torch.set_num_threads(1)
    return Fit(
        pictures=drawings, weights=tmp_path / "weights" / "mine", runs=tmp_path / "runs", preset=PresetName.SMALL,
        minutes=0.01,
    )  # fmt: skip


def test_a_folder_becomes_a_bundle_that_paints_and_tells_what_it_knows(fit: Fit) -> None:
    fit.prepare()
    fit.stages.draw()
    for lanes in LANES:
        for lane in lanes:
            for command in lane:
                fit.stages.carry_out(command)
    fit.stages.export()
    assert {path.name for path in fit.weights.iterdir()} == FILES
    assert {"vqgan.png", "vit.png", "resnet.png", "start.png"} <= {path.name for path in fit.runs.iterdir()}
    info = bundles.load("mine", fit.weights.parent, torch.device("cpu")).info()
    assert info.vocabulary is not None
    assert set(info.vocabulary.words) == set("a red blue lime circle square drawn by hand".split())
    assert len(info.examples) == 3 and all(
        set(text.replace(",", "").split()) <= {*info.vocabulary.words} for text in info.examples
    )
    steps = list(
        api.generate("a red circle", bundle="mine", weights_dir=fit.weights.parent, iterations=2, device="cpu")
    )
    assert len(steps) == 2 and steps[-1].image.size == (128, 128)
    assert 'bundles = ["mine"]' in fit.advice() and f'paint "{info.examples[0]}" --bundle mine' in fit.advice()


def test_other_pictures_need_another_folder_of_runs(fit: Fit) -> None:
    fit.prepare()
    prepared = (fit.runs / "pictures.npy").stat().st_mtime_ns
    fit.prepare()
    assert (fit.runs / "pictures.npy").stat().st_mtime_ns == prepared
    (fit.pictures / "0.txt").write_text("something else")
    with pytest.raises(FitError, match="holds a training on other pictures or captions"):
        fit.prepare()


@pytest.mark.parametrize(("name", "says"), [("starter", "that Faraday knows"), ("my own", "cannot be"), ("", "cannot")])
def test_a_bundle_needs_a_name_of_its_own(name: str, says: str) -> None:
    check_name("mine-2.b")
    with pytest.raises(FitError, match=says):
        check_name(name)


def test_the_entry_is_the_starters_with_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    examples = ['a "quoted" cat 🐈', "back\\slash"]
    (tmp_path / "mine" / "bundle.toml").write_text(entry("Mine", examples), encoding="utf-8")
    own, folder = bundles.find("mine", tmp_path)
    starter = bundles.table()["starter"]
    assert folder == tmp_path / "mine" and own.examples == tuple(examples) and own.title == "Mine"
    theirs = dataclasses.replace(
        starter,
        title=own.title,
        generator=own.generator,
        perceptors=own.perceptors,
        start_network=own.start_network,
        vocabulary=own.vocabulary,
        examples=own.examples,
    )
    assert own == theirs
    names = [own.generator.config or "", *(files.weights for files in (own.generator, *own.perceptors))]
    assert all((folder / name).name in FILES for name in names)


def test_what_cannot_be_trained_on_is_said_in_a_sentence(drawings: Path, tmp_path: Path) -> None:
    (drawings / "3.txt").unlink()
    places = ["--out", str(tmp_path / "mine"), "--runs", str(tmp_path / "runs")]
    done = CliRunner().invoke(app, ["fit", str(drawings), *places])
    assert done.exit_code == 2 and done.stderr.startswith("3.png has no caption.")
    assert not (tmp_path / "runs").exists() and not (tmp_path / "mine").exists()


@pytest.mark.soak
def test_the_command_goes_on_after_it_was_killed(drawings: Path, tmp_path: Path) -> None:
    runs, out = tmp_path / "runs", tmp_path / "weights" / "mine"
    fit = [sys.executable, "-m", "training", "fit", str(drawings), "--out", str(out), "--runs", str(runs)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen([*fit, "--minutes", "0.3"], env=environment, cwd=tmp_path) as process:
        deadline = time.monotonic() + 300
        while not (runs / "vit.pt").exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    done = subprocess.run(
        [*fit, "--minutes", "0.3"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == FILES
    assert 'bundles = ["starter", "mine"]' in done.stdout  # it lies in the usual place
    history = torch.load(runs / "vit.pt", weights_only=True)["history"]
    assert [step for step, *_ in history] == sorted({step for step, *_ in history})
    config = tmp_path / "config.toml"
    config.write_text(f'[engine]\nweights_dir = "{out.parent}"\nbundles = ["mine"]\ndefault_bundle = "mine"\n')
    paint = [sys.executable, "-m", "bot", "imagine", "a red circle", "--iterations", "3", "--out", "red.png", "--json"]
    painted = subprocess.run(paint, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert painted.returncode == 0, painted.stderr
    assert json.loads(painted.stdout)["path"] == "red.png"
