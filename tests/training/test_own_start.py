"""A learned start for a bundle that exists."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from engine import api
from engine.bundles import bundles
from engine.models.start import SIDE
from training.__main__ import app
from training.pictures import pages
from training.presets import PRESETS, PresetName

Invoke = Callable[..., tuple[int, str]]


@pytest.fixture
def plain(weights_dir: Path, tmp_path: Path) -> Path:
    """A folder with one bundle, of the tiny models, that starts from random codes."""
    folder = tmp_path / "weights" / "plain"
    folder.mkdir(parents=True)
    for path in (weights_dir / "starter").iterdir():
        if path.name != "start.safetensors":
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "bundle.toml").write_text(
        'title = "Plain"\nvqgan = { weights = "vqgan.safetensors", config = "vqgan.yaml" }\n'
        'perceptors = ["vit.safetensors"]\nvocabulary = "vocabulary.json"\nwidth = 32\nheight = 32\niterations = 4\n'
        "iterations_edit = 4\niterations_upscale = 4\nstrength = 0.6\nmax_pixels = 4096\nmax_iterations = 50\n"
        "cutouts = { count = 2, crop = [0.9, 1.0] }\n"
    )
    return folder.parent


@pytest.fixture
def invoke(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    few = dataclasses.replace(PRESETS[PresetName.SMALL], start={"read": 16, "drawn": 8}, start_batch=4, latents=16)
    monkeypatch.setitem(PRESETS, PresetName.SMALL, few)

    def run(*arguments: str) -> tuple[int, str]:
        places = ["--weights", str(plain / "starter"), "--runs", str(tmp_path / "runs"), "--minutes", "0.002"]
        result = CliRunner().invoke(app, ["start", *arguments, *places])
        torch.set_num_threads(1)
        return result.exit_code, result.output

    return run


@pytest.fixture
def drawings(tmp_path: Path) -> Path:
    folder = tmp_path / "drawings"
    folder.mkdir()
    for number, colour in enumerate(["red", "blue", "green", "white"] * 3):
        Image.new("RGB", (90, 70), colour).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"a {colour} car\n{colour}\n")
    return folder


def test_any_bundle_becomes_one_with_a_learned_start_that_shares_its_files(
    invoke: Invoke, plain: Path, drawings: Path
) -> None:
    before = {path.name: path.read_bytes() for path in (plain / "plain").iterdir()}
    code, said = invoke("plain", "--pictures", str(drawings))
    assert code == 0, said
    assert "plain-start" in said
    assert {path.name for path in (plain / "plain-start").iterdir()} == {"bundle.toml", "start.safetensors"}
    assert {path.name: path.read_bytes() for path in (plain / "plain").iterdir()} == before
    old, new = (bundles.load(name, plain, torch.device("cpu")) for name in ("plain", "plain-start"))
    assert new.entry.start == "learned" and new.start_network is not None and old.start_network is None
    assert new.vocabulary == old.vocabulary and new.entry.cutouts == old.entry.cutouts
    assert new.start_network(torch.zeros(1, 32), torch.zeros(1, 16)).shape == (1, 8, SIDE, SIDE)
    *_, step = api.generate("a red car", bundle="plain-start", weights_dir=plain, iterations=1, seed=1, device="cpu")
    assert step.run.rest is not None and step.image.size == (32, 32)


def test_a_killed_training_goes_on_and_other_pictures_begin_anew(
    invoke: Invoke, plain: Path, drawings: Path, tmp_path: Path
) -> None:
    def files(kind: str) -> list[Path]:
        return sorted((tmp_path / "runs" / "plain-start").glob(kind))

    assert invoke("plain", "--pictures", str(drawings))[0] == 0
    (first,) = files("start-*.pt")
    number = torch.load(first, weights_only=True)["number"]
    assert number > 0
    invoke("plain", "--pictures", str(drawings))
    assert torch.load(first, weights_only=True)["number"] == number  # its minutes were used
    (drawings / "0.txt").write_text("a green circle")
    invoke("plain", "--pictures", str(drawings))
    assert len(files("start-*.pt")) == len(files("latents-*.pt")) == 2


def test_without_pictures_the_picture_book_is_drawn_as_large_as_the_start_has_cells(
    invoke: Invoke, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def drawn(folder: Path, families: int, size: int) -> pages.Pixels:
        asked.append((families, size))
        return np.concatenate([pages.draw_family((seed, size)) for seed in range(families)])

    monkeypatch.setattr(pages, "pages", drawn)
    code, said = invoke("plain", "--out", str(plain / "drawn"))
    assert code == 0, said
    assert asked == [(4, SIDE * 4)] and (plain / "drawn" / "start.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing",), "There is no bundle 'nothing'"),
        (("plain", "--pictures", "nowhere"), "nowhere is not a folder"),
        (("plain", "--out", "starter"), "starter is the name of a bundle that Faraday knows"),
    ],
)
def test_what_cannot_be_is_said(invoke: Invoke, arguments: tuple[str, ...], says: str) -> None:
    code, said = invoke(*arguments)
    assert code == 2 and says in said and "Traceback" not in said
