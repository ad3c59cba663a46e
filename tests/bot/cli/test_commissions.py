"""Bundles on the command line: those that are here paint, and of others it is said how to get them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

import bot.cli.describe
import bot.cli.engine_run
import engine
from bot.weights import catalogue
from engine.models.weights import WeightsError
from tests.bot.cli.test_pictures import call
from tests.bot.engine_thread import ThreadEngineClient

PUBLISHED = [name for name in catalogue.bundles(Path("nowhere")) if name != "starter"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_dir, "weights")
    Path("config.toml").write_text('[engine]\nthreads = 1\ndevice = "cpu"\n')
    Image.new("RGB", (32, 48), "blue").save("in.png")


@pytest.mark.parametrize("bundle", PUBLISHED)
@pytest.mark.parametrize("configured", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        ("paint", "a red car", "--bundle"),
        ("paint", "a red car", "--init", "in.png", "--bundle"),
        ("edit", "in.png", "a red car", "--bundle"),
        ("grid", "a red car", "--seeds", "1-2", "--bundle"),
        ("describe", "in.png", "--bundle"),
    ],
    ids=lambda arguments: " ".join(arguments[:3:2]),
)
def test_a_bundle_that_is_not_here_names_the_command_that_fetches_it(
    arguments: tuple[str, ...], configured: bool, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(bot.cli.engine_run, "ProcessEngineClient")
    monkeypatch.delattr(bot.cli.describe, "ProcessEngineClient")
    if configured:
        Path("config.toml").write_text(f'[engine]\nbundles = ["starter", "{bundle}"]\ndevice = "cpu"\n')
    refused = call(*arguments, bundle, code=2)
    assert f"`python -m bot weights fetch {bundle}`" in refused


def test_words_may_name_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(bot.cli.engine_run, "ProcessEngineClient")
    assert "weights fetch imagenet-16384`" in call("paint", "a red car --bundle imagenet-16384", code=2)


def test_a_run_of_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    once = ("--size", "32x48", "--iterations", "1")
    call("paint", "a red car", *once, "--out", "a.png", "--checkpoint", "a.run")
    Path("weights/starter/vqgan.safetensors").unlink()
    assert "weights fetch starter`" in call("continue", "a.run", "--iterations", "1", code=2)


def test_a_bundle_that_is_here_paints_without_being_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(
        '[engine]\nbundles = ["imagenet-16384"]\ndefault_bundle = "imagenet-16384"\nthreads = 1\ndevice = "cpu"\n'
    )
    call("paint", "a red car", "--bundle", "starter", "--size", "32x48", "--iterations", "1", "--out", "a.png")
    assert Path("a.png").exists()


def test_an_unknown_bundle_is_answered_with_those_that_are_here() -> None:
    assert "There is no bundle “nope” here. There is: starter." in call("paint", "a car", "--bundle", "nope", code=2)


@pytest.mark.parametrize("bundle", PUBLISHED)
def test_python_names_the_command_too(bundle: str) -> None:
    with pytest.raises(WeightsError, match=f"`python -m bot weights fetch {bundle}`"):
        engine.generate("a red car", bundle=bundle, weights_dir="weights", device="cpu")
