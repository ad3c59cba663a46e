"""A bundle is made of a VQGAN and of any CLIP that says, or of which its owner says, how it computes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from bot.cli.weights import app
from bot.errors import WeightsFailed
from bot.weights import header
from bot.weights.adding import Own, add
from bot.weights.conversion import Told
from engine.bundles import bundles
from engine.models.weights import WeightsError
from tests import published
from tests.engine.models.test_architecture import Made, agrees, open_clip


@pytest.fixture
def own(tmp_path: Path) -> Own:
    checkpoint = published.lightning_checkpoint(tmp_path / "last.ckpt", published.vqgan_state())
    config = published.write_yaml(published.vqgan_config(), tmp_path / "model.yaml")
    torch.save(Made().state(), tmp_path / "vit.pt")
    save_file(Made().state(), tmp_path / "vit.safetensors")
    return Own(name="mine", vqgan=checkpoint, config=config, perceptors=(str(tmp_path / "vit.pt"),))


def changed(own: Own, **changes: object) -> Own:
    import dataclasses

    return dataclasses.replace(own, **changes)  # type: ignore[arg-type]


async def test_a_clip_whose_owner_says_how_it_computes_becomes_a_perceptor(own: Own, tmp_path: Path) -> None:
    made = Made()
    told = Told(activation=made.activation, heads=made.heads, text_heads=made.text_heads)
    assert await add(changed(own, told=told), tmp_path / "weights") == []
    (perceptor,) = bundles.load("mine", tmp_path / "weights", torch.device("cpu")).perceptors
    agrees(perceptor, made.state(), made)  # type: ignore[arg-type]
    files = sorted(path.name for path in (tmp_path / "weights" / "mine").iterdir())
    assert "clip-1.safetensors" in files and "clip-1.provenance.json" in files
    again = changed(own, name="second", perceptors=(str(tmp_path / "weights" / "mine" / "clip-1.safetensors"),))
    assert await add(again, tmp_path / "weights") == []
    assert not (tmp_path / "weights" / "second" / "clip-1.safetensors").exists()
    (perceptor,) = bundles.load("second", tmp_path / "weights", torch.device("cpu")).perceptors
    agrees(perceptor, made.state(), made)  # type: ignore[arg-type]


async def test_a_clip_with_its_config_beside_it_becomes_a_perceptor(own: Own, tmp_path: Path) -> None:
    made = Made()
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": open_clip(made)}))
    both = changed(own, perceptors=(str(tmp_path / "vit.pt"), str(tmp_path / "vit.safetensors")))
    assert await add(both, tmp_path / "weights") == []
    for perceptor in bundles.load("mine", tmp_path / "weights", torch.device("cpu")).perceptors:
        agrees(perceptor, made.state(), made)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "content", "told", "says"),
    [
        ("vit.pt", None, Told(), "--activation quickgelu"),
        ("vit.safetensors", None, Told(activation="gelu"), "Say it with --heads"),
        ("vit.safetensors", None, Told(activation="relu"), "invalid choice"),
        ("page.safetensors", b"<html>sign in</html>", Told(), "page.safetensors is a web page"),
        ("pointer.pt", b"version https://git-lfs.github.com/spec/v1\n", Told(), "only a Git LFS pointer"),
        ("last.ckpt", None, Told(), "holds no CLIP"),
        ("ViT-B-32", None, Told(activation="gelu"), "Published perceptors are known"),
    ],
)
async def test_a_clip_that_would_be_computed_wrongly_is_refused(
    own: Own, tmp_path: Path, name: str, content: bytes | None, told: Told, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsFailed, match=says):
        path = name if name.startswith("ViT") else str(tmp_path / name)
        await add(changed(own, perceptors=(path,), told=told), tmp_path / "weights")
    assert not list((tmp_path / "weights").glob("*/*"))


async def test_a_bundle_written_by_hand_is_refused_until_it_names_a_config(own: Own, tmp_path: Path) -> None:
    made = Made()
    told = Told(activation=made.activation, heads=made.heads, text_heads=made.text_heads)
    await add(changed(own, told=told), tmp_path / "weights")
    folder = tmp_path / "weights" / "mine"
    save_file(load_file(folder / "clip-1.safetensors"), folder / "clip-1.safetensors")  # without what it says of itself
    assert not header.read(folder / "clip-1.safetensors").tells_its_architecture
    with pytest.raises(WeightsError, match=r"clip-1\.safetensors: .*not known well enough.*weights add"):
        bundles.load("mine", tmp_path / "weights", torch.device("cpu"))
    (folder / "clip.json").write_text(json.dumps(open_clip(made)))
    entry = (folder / "bundle.toml").read_text()
    named = '{ weights = "clip-1.safetensors", config = "clip.json" }'
    (folder / "bundle.toml").write_text(entry.replace('"clip-1.safetensors"', named))
    (perceptor,) = bundles.load("mine", tmp_path / "weights", torch.device("cpu")).perceptors
    agrees(perceptor, made.state(), made)  # type: ignore[arg-type]


def test_the_command_takes_what_the_owner_says(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["add", "mine", "--vqgan", "last.ckpt", "--config", "model.yaml", "--perceptor", "vit.pt"]
    asked = CliRunner().invoke(app, given)
    assert asked.exit_code == 1 and "--activation quickgelu" in " ".join((asked.output + asked.stderr).split())
    done = CliRunner().invoke(app, [*given, "--activation", "gelu", "--heads", "5", "--text-heads", "3"])
    assert done.exit_code == 0 and "is a bundle" in done.output
