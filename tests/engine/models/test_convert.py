"""Published checkpoints cannot be fetched in a test; files of their exact layout stand in, two of them of true size."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from benchmarks.speed import models
from engine import __main__ as command
from engine.models import clip, vqgan, weights
from tests import published
from tests.conftest import DDCONFIG


@pytest.fixture(autouse=True)
def _torchscript_is_deprecated() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
        yield


def convert(*arguments: object) -> int:
    return command.main(["convert", *(str(argument) for argument in arguments)])


def test_a_published_vqgan_of_full_size_converts_and_loads(tmp_path: Path) -> None:
    with torch.device("meta"):
        meta = vqgan.VQGAN(**models.F16_16384)
    state = {name: torch.zeros(tensor.shape) for name, tensor in meta.state_dict().items()}
    state["quantize.embedding.weight"] = torch.arange(16384.0)[:, None].expand(-1, 256).contiguous()
    with_loss = {**state, "loss.discriminator.main.0.weight": torch.zeros(64, 3, 4, 4)}
    checkpoint = published.lightning_checkpoint(tmp_path / "last.ckpt", with_loss)
    params = {**models.F16_16384, "lossconfig": {"target": "x"}}
    config = published.write_yaml(
        {"model": {"base_learning_rate": 4.5e-06, "target": "taming.models.vqgan.VQModel", "params": params}},
        tmp_path / "model.yaml",
    )
    out = tmp_path / "out" / "vqgan.safetensors"
    assert convert("vqgan", checkpoint, out, "--config", config) == 0
    loaded = weights.load(out)
    assert set(loaded) == set(state)
    model = vqgan.build(weights.load_config(out.with_suffix(".yaml")), loaded)
    assert model.f == 16
    assert sum(parameter.numel() for parameter in model.parameters()) > 70e6
    assert model.nearest_codes(torch.full((1, 256, 2, 2), 41.2)).unique().tolist() == [41]


def test_an_openai_clip_of_full_size_converts_only_with_its_published_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = published.clip_archive(tmp_path / "ViT-B-32.pt", models.VIT_B_32)
    out = tmp_path / "clip" / "ViT-B-32.safetensors"
    assert convert("clip", "--sha256", "0" * 64, archive, out) == command.BAD_SOURCE
    assert "not the published" in capsys.readouterr().err
    assert not out.exists()
    assert convert("clip", "--sha256", weights.sha256(archive), archive, out) == 0
    perceptor = clip.build(weights.load(out))
    assert (perceptor.input_size, perceptor.context) == (224, 77)
    assert perceptor.reads("astronaut")
    assert perceptor.embed_text(["an astronaut"]).shape == (1, 512)
    assert sum(parameter.numel() for parameter in perceptor.parameters()) > 151e6


def test_a_vqgan_is_taken_out_of_the_transformer_that_carries_it(tmp_path: Path) -> None:
    state = published.vqgan_state()
    carried = {f"first_stage_model.{name}": tensor for name, tensor in state.items()}
    others = {"transformer.head.weight": torch.zeros(3), "cond_stage_model.encoder.conv_in.weight": torch.ones(1)}
    checkpoint = published.lightning_checkpoint(tmp_path / "last.ckpt", {**carried, **others})
    inner = published.vqgan_config()["model"]
    outer = {"model": {"target": "taming.Net2NetTransformer", "params": {"first_stage_config": inner}}}
    config = published.write_yaml(outer, tmp_path / "project.yaml")
    out = tmp_path / "vqgan.safetensors"
    assert convert("vqgan", checkpoint, out, "--config", config, "--provenance", '{"source": "here"}') == 0
    assert set(weights.load(out)) == {name for name in state if not name.startswith("loss.")}
    plain = weights.load_config(out.with_suffix(".yaml"))["model"]
    assert set(plain["params"]) == {"embed_dim", "n_embed", "ddconfig"}
    assert vqgan.build({"model": plain}, weights.load(out)).f == 4
    with safe_open(out, "pt") as file:
        assert file.metadata() == {"source": "here"}


def test_a_gumbel_vqgan_converts_with_its_projection_and_encodes_as_before(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = vqgan.VQGAN(DDCONFIG, n_embed=16, embed_dim=8, gumbel=True).eval()
    checkpoint = published.lightning_checkpoint(tmp_path / "last.ckpt", before.state_dict())
    params = {"embed_dim": 8, "n_embed": 16, "kl_weight": 1e-08, "ddconfig": DDCONFIG, "lossconfig": {"target": "x"}}
    config = published.write_yaml(
        {"model": {"target": "taming.models.vqgan.GumbelVQ", "params": params}}, tmp_path / "model.yaml"
    )
    out = tmp_path / "gumbel" / "vqgan.safetensors"
    assert convert("vqgan", checkpoint, out, "--config", config) == 0
    after = vqgan.build(weights.load_config(out.with_suffix(".yaml")), weights.load(out))
    picture = torch.rand(1, 3, 32, 32)
    assert torch.equal(after.encode(picture), before.encode(picture))


class Bomb:
    """A pickle that runs code when it is loaded without care."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("layout", ["zip", "old", "bare"])
def test_a_pickle_that_would_run_code_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], layout: str
) -> None:
    trace, bomb = tmp_path / "trace", tmp_path / "bomb.ckpt"
    content = {"state_dict": published.vqgan_state(), "callbacks": {"x": Bomb(trace)}}
    if layout == "bare":
        bomb.write_bytes(pickle.dumps(content["callbacks"]))
    else:
        torch.save(content, bomb, _use_new_zipfile_serialization=layout == "zip")
    torch.load(io.BytesIO(bomb.read_bytes()), weights_only=False) if layout == "zip" else trace.touch()
    assert trace.exists(), "the bomb works where nobody takes care"
    trace.unlink()
    config = published.write_yaml(published.vqgan_config(), tmp_path / "model.yaml")
    out = tmp_path / "out.safetensors"
    for sha256 in ("0" * 64, weights.sha256(bomb)):
        assert convert("clip", "--sha256", sha256, bomb, out) == command.BAD_SOURCE
        assert not trace.exists() and not out.exists()
    assert convert("vqgan", bomb, out, "--config", config) == (command.BAD_SOURCE if layout == "bare" else 0)
    assert out.exists() == (layout != "bare") and not trace.exists()
    assert "weights_only=False" not in capsys.readouterr().err  # nobody is told to trust it


def test_what_is_no_checkpoint_or_fits_no_config_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ckpt").write_bytes(b"not a checkpoint")
    torch.save({"state_dict": {"transformer.head.weight": torch.zeros(1)}}, tmp_path / "other.ckpt")
    good = published.lightning_checkpoint(tmp_path / "good.ckpt", published.vqgan_state())
    config = published.write_yaml(published.vqgan_config(), tmp_path / "model.yaml")
    unfit = published.write_yaml(published.vqgan_config(n_embed=32), tmp_path / "unfit.yaml")
    (tmp_path / "page.yaml").write_text("<html>\tmoved</html>: [")
    (tmp_path / "empty.yaml").write_text("model:\n  params: {}\n")
    for checkpoint, yaml, told in (
        ("bad.ckpt", config, "bad.ckpt"),
        ("other.ckpt", config, "holds no VQGAN"),
        ("absent.ckpt", config, "absent.ckpt"),
        (good.name, unfit, "do not belong together"),
        (good.name, tmp_path / "page.yaml", "page.yaml"),
        (good.name, tmp_path / "empty.yaml", "it has no ddconfig"),
    ):
        assert convert("vqgan", tmp_path / checkpoint, tmp_path / "out.safetensors", "--config", yaml) != 0
        assert told in capsys.readouterr().err
    assert not list(tmp_path.glob("*out*"))


def test_where_it_cannot_be_written_nothing_is_left_and_the_source_is_not_blamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = published.lightning_checkpoint(tmp_path / "good.ckpt", published.vqgan_state())
    config = published.write_yaml(published.vqgan_config(), tmp_path / "model.yaml")
    (tmp_path / "file").write_text("a file where the folder should be")
    assert convert("vqgan", good, tmp_path / "file" / "out.safetensors", "--config", config) == command.FAILED
    assert "file" in capsys.readouterr().err
