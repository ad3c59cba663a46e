"""Turn checkpoints into a bundle's files: half precision, safetensors, the published names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor

from training.files import save_halves


def export_vqgan(checkpoint: Path, folder: Path) -> None:
    """Write `vqgan.safetensors` and `vqgan.yaml` to `folder`."""
    state = _training(checkpoint)
    save_halves(state["model"], folder / "vqgan.safetensors")
    OmegaConf.save(OmegaConf.create(state["config"]), folder / "vqgan.yaml")


def export_clip(checkpoint: Path, path: Path) -> None:
    """Write the averaged weights of a CLIP, with the ids of its tokens, to `path`."""
    state = _training(checkpoint)
    save_halves(checkpoint_weights(state), path)


def checkpoint_weights(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return what `engine.models.clip.build` takes: the averaged weights, the token ids and the number of heads."""
    return {**state["average"], "token_ids": state["ids"], "text_heads": torch.tensor(state["text_heads"])}


def export_start(checkpoint: Path, folder: Path) -> None:
    """Write `start.safetensors` to `folder`."""
    save_halves(_training(checkpoint)["model"], folder / "start.safetensors")


def _training(checkpoint: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location="cpu")["training"]
    return state
