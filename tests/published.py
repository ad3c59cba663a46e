"""Files of the exact layout of the published checkpoints, which cannot be fetched in a test."""

from __future__ import annotations

import collections
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from engine.models import upstream, vqgan
from tests.conftest import DDCONFIG

Sizes = tuple[Any, ...]
TINY_CLIP: Sizes = (32, 32, 1, 64, 16, 16, 49408, 64, 1, 1)
"""CLIP's arguments: embedding, input, vision layers and width, patch; context, tokens, text width, heads, layers."""


def vqgan_state(n_embed: int = 16) -> dict[str, torch.Tensor]:
    """A tiny VQModel's tensors, with a part of its discriminator."""
    torch.manual_seed(0)
    model = vqgan.VQGAN(DDCONFIG, n_embed=n_embed, embed_dim=8)
    return {**model.state_dict(), "loss.discriminator.main.0.weight": torch.zeros(4, 3, 4, 4)}


def vqgan_config(n_embed: int = 16) -> dict[str, Any]:
    """The yaml of that model, as taming writes it."""
    params = {"embed_dim": 8, "n_embed": n_embed, "ddconfig": DDCONFIG, "ckpt_path": "logs/x", "lossconfig": {}}
    target = "taming.models.vqgan.VQModel"
    return {"model": {"base_learning_rate": 4.5e-06, "target": target, "params": params}}


def write_yaml(config: dict[str, Any], path: Path) -> Path:
    OmegaConf.save(config, path)
    return path


def lightning_checkpoint(path: Path, state: dict[str, torch.Tensor]) -> Path:
    """As Lightning 1.0 wrote them: callbacks keyed by their class, pickled by name."""
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = callback  # type: ignore[attr-defined]
    content = {
        "epoch": 11,
        "global_step": 400000,
        "pytorch-lightning_version": "1.0.8",
        "callbacks": {callback: {"best_model_score": torch.tensor(0.5), "best_model_path": "x.ckpt"}},
        "optimizer_states": [],
        "lr_schedulers": [],
        "state_dict": collections.OrderedDict(state),
    }
    with pytest.MonkeyPatch.context() as patch:
        for parent in ("pytorch_lightning", "pytorch_lightning.callbacks"):
            patch.setitem(sys.modules, parent, types.ModuleType(parent))
        patch.setitem(sys.modules, module.__name__, module)
        torch.save(content, path)
    return path


def clip_archive(path: Path, sizes: Sizes = TINY_CLIP) -> Path:
    """A TorchScript archive with a CLIP's parameters in half precision under the published names."""

    class Archive(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    archive = Archive()
    for name, tensor in upstream.clip_model().CLIP(*sizes).half().state_dict().items():
        parent: torch.nn.Module = archive
        *folders, leaf = name.split(".")
        for folder in folders:
            if folder not in parent._modules:
                parent.add_module(folder, torch.nn.Module())
            parent = parent._modules[folder]  # type: ignore[assignment]
        parent.register_buffer(leaf, tensor)
    for name, value in {"input_resolution": sizes[1], "context_length": sizes[5], "vocab_size": sizes[6]}.items():
        archive.register_buffer(name, torch.tensor(value))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(archive).save(str(path))
    return path
