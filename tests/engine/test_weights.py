"""Published checkpoints cannot be fetched in a test; files of their exact layout and size stand in for them."""

from __future__ import annotations

import collections
import shutil
import sys
import types
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from engine import __main__ as command
from engine import bundles, clip, upstream, vqgan, weights

# The ddconfig of the published f16 models with 16,384 codes.
IMAGENET = {
    "double_z": False,
    "z_channels": 256,
    "resolution": 256,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 128,
    "ch_mult": [1, 1, 2, 2, 4],
    "num_res_blocks": 2,
    "attn_resolutions": [16],
    "dropout": 0.0,
}


def lightning_checkpoint(path: Path, state: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    """As Lightning 1.0 wrote them: callbacks keyed by their class, pickled by name."""
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = callback  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        for parent in ("pytorch_lightning", "pytorch_lightning.callbacks"):
            patch.setitem(sys.modules, parent, types.ModuleType(parent))
        patch.setitem(sys.modules, module.__name__, module)
        torch.save(
            {
                "epoch": 11,
                "global_step": 400000,
                "pytorch-lightning_version": "1.0.8",
                "callbacks": {callback: {"best_model_score": torch.tensor(0.5), "best_model_path": "x.ckpt"}},
                "optimizer_states": [],
                "lr_schedulers": [],
                "state_dict": collections.OrderedDict(state),
            },
            path,
        )


def test_a_published_vqgan_of_full_size_converts_and_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.device("meta"):
        meta = vqgan.VQGAN(IMAGENET, n_embed=16384, embed_dim=256)
    state = {name: torch.zeros(tensor.shape) for name, tensor in meta.state_dict().items()}
    state["quantize.embedding.weight"] = torch.arange(16384.0)[:, None].expand(-1, 256).contiguous()
    with_loss = {**state, "loss.discriminator.main.0.weight": torch.zeros(64, 3, 4, 4)}
    lightning_checkpoint(tmp_path / "last.ckpt", with_loss, monkeypatch)
    assert (
        command.main(["convert", "vqgan", str(tmp_path / "last.ckpt"), str(tmp_path / "out" / "vqgan.safetensors")])
        == 0
    )
    OmegaConf.save(
        {
            "model": {
                "base_learning_rate": 4.5e-06,
                "target": "taming.models.vqgan.VQModel",
                "params": {"embed_dim": 256, "n_embed": 16384, "ddconfig": IMAGENET, "lossconfig": {"target": "x"}},
            }
        },
        tmp_path / "model.yaml",
    )
    loaded = weights.load(tmp_path / "out" / "vqgan.safetensors")
    assert set(loaded) == set(state)
    model = vqgan.build(weights.load_config(tmp_path / "model.yaml"), loaded)
    assert model.f == 16
    assert sum(parameter.numel() for parameter in model.parameters()) > 70e6
    assert model.nearest_codes(torch.full((1, 256, 2, 2), 41.2)).unique().tolist() == [41]


def test_an_openai_clip_of_full_size_converts_only_with_its_published_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Archive(torch.nn.Module):
        """Parameters under the published names, as the TorchScript archives carry them."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    published = upstream.clip_model().CLIP(512, 224, 12, 768, 32, 77, 49408, 512, 8, 12).half().state_dict()
    archive = Archive()
    for name, tensor in published.items():
        parent: torch.nn.Module = archive
        *path, leaf = name.split(".")
        for part in path:
            if part not in parent._modules:
                parent.add_module(part, torch.nn.Module())
            parent = parent._modules[part]  # type: ignore[assignment]
        parent.register_buffer(leaf, tensor)
    for name, value in {"input_resolution": 224, "context_length": 77, "vocab_size": 49408}.items():
        archive.register_buffer(name, torch.tensor(value))
    with pytest.warns(DeprecationWarning):
        torch.jit.script(archive).save(str(tmp_path / "ViT-B-32.pt"))
    source, out = str(tmp_path / "ViT-B-32.pt"), tmp_path / "clip" / "ViT-B-32.safetensors"

    assert command.main(["convert", "clip", "--sha256", "0" * 64, source, str(out)]) == 1
    found = capsys.readouterr().err
    assert "not the published" in found
    assert not out.exists()
    sha256 = found.split("SHA-256 ")[1].split(",")[0]
    with pytest.warns(DeprecationWarning):
        assert command.main(["convert", "clip", "--sha256", sha256, source, str(out)]) == 0

    perceptor = clip.build(weights.load(out))
    assert (perceptor.input_size, perceptor.context) == (224, 77)
    assert perceptor.reads("astronaut")
    assert perceptor.embed_text(["an astronaut"]).shape == (1, 512)
    assert sum(parameter.numel() for parameter in perceptor.parameters()) > 151e6


def test_a_file_that_is_no_checkpoint_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.ckpt").write_bytes(b"not a checkpoint")
    torch.save({"state_dict": {"transformer.head.weight": torch.zeros(1)}}, tmp_path / "other.ckpt")
    for name in ("bad.ckpt", "other.ckpt", "absent.ckpt"):
        assert command.main(["convert", "vqgan", str(tmp_path / name), str(tmp_path / "out.safetensors")]) == 1
        assert name in capsys.readouterr().err
    assert not (tmp_path / "out.safetensors").exists()


def test_missing_damaged_or_mismatched_weights_say_what_to_do(tmp_path: Path, weights_dir: Path) -> None:
    with pytest.raises(weights.WeightsError, match="python -m engine convert"):
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
    for broken in ("title =", 'title = "x"\n', entry.read_text() + "colour = 3\n", entry.read_text() + 'start = "x"\n'):
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
