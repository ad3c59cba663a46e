"""What users' files are like: every wrapping of a VQGAN converts to the same tensors."""

from __future__ import annotations

import argparse
import collections
import itertools
import pathlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from safetensors.torch import save_file
from torch import Tensor

from engine.models import convert, vqgan, weights
from engine.models.foreign.files import SourceError
from tests import published
from tests.conftest import DDCONFIG

State = dict[str, Tensor]


class AttributeDict(dict[str, Any]):
    """As Lightning's, which its checkpoints name."""


class EarlyStopping:
    """As Lightning's."""

    def __init__(self) -> None:
        self.best, self.mode = torch.tensor(1.0), "min"


PREFIXES = ["", "module.", "model.", "vqgan.", "_orig_mod.", "first_stage_model.", "generator.", "some.other."]
STACKS = [*PREFIXES, *(a + b for a, b in itertools.permutations(["module.", "model.", "_orig_mod.", "vqgan."], 2)),
          "model.module._orig_mod.vqgan.first_stage_model."]  # fmt: skip
WRAPPERS = [(), ("state_dict",), ("model",), ("module",), ("net",), ("params_ema",), ("model", "state_dict")]
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64]


def state(gumbel: bool = False) -> State:
    torch.manual_seed(0)
    model = vqgan.VQGAN(DDCONFIG, n_embed=16, embed_dim=8, gumbel=gumbel)
    return {**model.state_dict(), "loss.discriminator.main.0.weight": torch.zeros(4, 3, 4, 4)}


def wrapped(content: State, prefix: str, wrapper: tuple[str, ...]) -> dict[str, Any]:
    table: dict[str, Any] = collections.OrderedDict({prefix + name: tensor for name, tensor in content.items()})
    for key in reversed(wrapper):
        table = {key: table, "epoch": 3, "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}, "lr": [0.1]}}
    return table


def save(content: Any, path: Path, layout: str) -> Path:
    if layout == "safetensors":
        save_file({name: tensor.contiguous() for name, tensor in content.items()}, path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=layout == "zip")
    return path


def converted(checkpoint: Path, config: dict[str, Any] | None = None) -> State:
    yaml = published.write_yaml(config or published.vqgan_config(), checkpoint.with_name("model.yaml"))
    out = checkpoint.with_name("out.safetensors")
    convert.convert_vqgan(checkpoint, yaml, out)
    loaded = weights.load(out)
    vqgan.build(weights.load_config(out.with_suffix(".yaml")), loaded)
    return loaded


def same(found: State, expected: State, dtype: torch.dtype = torch.float32) -> None:
    kept = {name: tensor.to(dtype) for name, tensor in expected.items() if not name.startswith("loss.")}
    assert found.keys() == kept.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in kept.items())


CASES = [
    (prefix, WRAPPERS[i % len(WRAPPERS)], ("zip", "old")[i % 2], DTYPES[i % len(DTYPES)])
    for i, prefix in enumerate(STACKS)
] + [("model.", wrapper, layout, torch.float32) for wrapper in WRAPPERS for layout in ("zip", "old")] + [
    (prefix, (), "safetensors", dtype) for prefix, dtype in zip(PREFIXES, DTYPES * 2, strict=True)
]  # fmt: skip


@pytest.mark.parametrize(("prefix", "wrapper", "layout", "dtype"), CASES)
def test_every_wrapping_converts_to_the_same_tensors(
    tmp_path: Path, prefix: str, wrapper: tuple[str, ...], layout: str, dtype: torch.dtype
) -> None:
    expected = state()
    content = wrapped({name: tensor.to(dtype) for name, tensor in expected.items()}, prefix, wrapper)
    same(converted(save(content, tmp_path / "x.ckpt", layout)), expected, dtype)


@pytest.mark.parametrize("layout", ["zip", "old"])
def test_a_model_pickled_whole_converts(tmp_path: Path, layout: str) -> None:
    torch.manual_seed(0)
    model: Any = vqgan.VQGAN(DDCONFIG, n_embed=16, embed_dim=8)
    model.encoder.conv_in.weight.data = model.encoder.conv_in.weight.data.transpose(2, 3)
    model.encoder.conv_in = torch.nn.DataParallel(model.encoder.conv_in)
    expected = {name.replace(".module.", "."): tensor for name, tensor in model.state_dict().items()}
    for module in model.modules():  # a class of the file that is executed under a private name cannot be pickled
        if type(module).__module__.startswith("engine._upstream"):
            module.__class__ = torch.nn.Module
    same(converted(save({"model": model, "epoch": 1}, tmp_path / "x.ckpt", layout)), expected)


@pytest.mark.parametrize("extra", [
    {"quantize.embedding.cluster_size": torch.ones(16), "quantize.embedding.embed_avg": torch.ones(16, 8)},
    {"quantize.used": torch.arange(5)},
    {"quantize._ema_w": torch.ones(16, 8), "quantize._ema_cluster_size": torch.ones(16)},
    {"model_ema.decay": torch.tensor(0.9), "model_ema.num_updates": torch.tensor(3)},
    {"cond_stage_model.quantize.embedding.weight": torch.ones(2, 2), "transformer.head.weight": torch.ones(2)},
])  # fmt: skip
def test_what_only_trains_a_quantiser_or_stands_beside_it_is_left_out(tmp_path: Path, extra: State) -> None:
    same(converted(save({"state_dict": {**state(), **extra}}, tmp_path / "x.ckpt", "zip")), state())


@pytest.mark.parametrize(("name", "turned"), [("quantize._embedding.weight", False), ("quantize.embed", True)])
def test_an_averaging_quantiser_of_another_name_is_the_same_codebook(tmp_path: Path, name: str, turned: bool) -> None:
    content = state()
    codes = content.pop("quantize.embedding.weight")
    content[name] = codes.T.contiguous() if turned else codes
    averages = {"quantize.cluster_size": torch.ones(16), "quantize.embed_avg": torch.ones(8, 16)}
    same(converted(save({"model": {**content, **averages}}, tmp_path / "x.ckpt", "zip")), state())


@pytest.mark.parametrize("layout", ["zip", "old"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_of_pickles_is_read(tmp_path: Path, protocol: int, layout: str) -> None:
    content = {"state_dict": state(), "hyper_parameters": foreign()}
    torch.save(content, tmp_path / "x.ckpt", pickle_protocol=protocol, _use_new_zipfile_serialization=layout == "zip")
    same(converted(tmp_path / "x.ckpt"), state())


@pytest.mark.parametrize("target", [None, "", "somewhere.else.Model", "taming.models.vqgan.VQModel"])
def test_a_gumbel_model_is_told_by_its_tensors(tmp_path: Path, target: str | None) -> None:
    config = published.vqgan_config()
    config["model"]["target"] = target
    same(converted(save(wrapped(state(gumbel=True), "model.", ("state_dict",)), tmp_path / "x.ckpt", "zip"), config),
         state(gumbel=True))  # fmt: skip
    del config["model"]["target"]
    model = vqgan.build(config, {name: t for name, t in state(gumbel=True).items() if not name.startswith("loss.")})
    assert model.gumbel


def foreign() -> dict[str, Any]:
    return {
        "omegaconf": OmegaConf.create({"lr": 0.1, "model": {"ch": [1, 2]}}),
        "namespace": argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath("a/b")),
        "attributes": AttributeDict(lr=0.1, model=AttributeDict(x=1)),
        "numpy": [np.float64(0.5), np.arange(3), np.dtype("float32")],
        "path": Path("logs"),
        "stopping": {EarlyStopping: EarlyStopping()},
        "sets": [{1, 2}, frozenset("ab"), {EarlyStopping}],
        "counted": collections.Counter("abc"),
        "lists": collections.defaultdict(list, a=[1]),
        "device": [torch.device("cpu"), torch.float16, torch.Size([1]), slice(1, 2), range(3), 1j, len],
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "sparse": torch.eye(2).to_sparse(),
    }


@pytest.mark.parametrize("layout", ["zip", "old"])
@pytest.mark.parametrize("kind", sorted(foreign()))
def test_objects_of_any_class_beside_the_state_do_no_harm(tmp_path: Path, kind: str, layout: str) -> None:
    content = {"hyper_parameters": foreign()[kind], "callbacks": {"x": foreign()[kind]}, "state_dict": state()}
    same(converted(save(content, tmp_path / "x.ckpt", layout)), state())


def test_two_models_of_equal_right_are_not_chosen_from(tmp_path: Path) -> None:
    content = {"model": state(), "net": {name: tensor + 1 for name, tensor in state().items()}}
    with pytest.raises(SourceError, match="several models, under “model” and “net”"):
        converted(save(content, tmp_path / "x.ckpt", "zip"))
    same(converted(save({"model": state(), "ema": content["net"]}, tmp_path / "y.ckpt", "zip")), state())


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), 1e300])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, number: float) -> None:
    content = state()
    content["decoder.conv_out.weight"] = content["decoder.conv_out.weight"].double()
    content["decoder.conv_out.weight"][0, 0, 0, 0] = number
    with pytest.raises(SourceError, match=r"decoder\.conv_out\.weight .*infinite or none \(NaN\)\. Use another"):
        converted(save(content, tmp_path / "x.ckpt", "zip"))


@pytest.mark.parametrize(("into", "out"), [(1, 1), (4, 4), (182, 182), (1, 3), (3, 1)])
def test_a_model_of_other_pictures_is_refused(tmp_path: Path, into: int, out: int) -> None:
    ddconfig = {**DDCONFIG, "in_channels": into, "out_ch": out}
    content = vqgan.VQGAN(ddconfig, n_embed=16, embed_dim=8).state_dict()
    config = published.vqgan_config()
    config["model"]["params"]["ddconfig"] = ddconfig
    with pytest.raises(SourceError, match=r"model\.yaml .*channels.*Only models of 3"):
        converted(save(content, tmp_path / "x.ckpt", "zip"), config)
    assert not (tmp_path / "out.safetensors").exists()


def test_integers_in_place_of_weights_are_refused(tmp_path: Path) -> None:
    content = {name: tensor.to(torch.int8) for name, tensor in state().items()}
    with pytest.raises(SourceError, match="whole numbers"):
        converted(save(content, tmp_path / "x.ckpt", "zip"))


def test_a_misfit_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as told:
        converted(save(state(), tmp_path / "x.ckpt", "zip"), published.vqgan_config(n_embed=32))
    assert "quantize.embedding.weight is 16 × 8 and should be 32 × 8" in str(told.value)
    assert "\n" not in str(told.value) and len(str(told.value)) < 250
