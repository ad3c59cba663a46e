"""Convert taming's Lightning checkpoints and OpenAI's TorchScript archives to safetensors.

Both are pickles. A Lightning checkpoint is read with ``weights_only`` and with stand-ins for the classes that its
callbacks name. An archive is opened only if it has the published SHA-256, and only its tensors are read.
"""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from engine.models import clip, vqgan, weights
from engine.models.weights import WeightsError


class SourceError(WeightsError):
    """The file to convert is at fault, so a second attempt would fail too."""


class _ModelCheckpoint:
    """Stands in for Lightning's callback class, which published checkpoints name as a dictionary key."""


LIGHTNING_GLOBALS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_ModelCheckpoint, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
    (_ModelCheckpoint, "pytorch_lightning.callbacks.base.ModelCheckpoint"),
]
VQGAN_PARTS = ("encoder.", "decoder.", "quantize.", "quant_conv.", "post_quant_conv.")
CODEBOOKS = ("quantize.embedding.weight", "quantize.embed.weight")  # of a VQModel and of a GumbelVQ
_OF_TRAINING = ("ckpt_path", "lossconfig", "monitor", "ignore_keys", "image_key", "colorize_nlabels")
_SIZES = ("input_resolution", "context_length", "vocab_size")  # what a CLIP's other tensors imply


def convert_vqgan(checkpoint: Path, config: Path, out: Path, provenance: Mapping[str, str] | None = None) -> None:
    """Write a VQGAN's weights to ``out`` and its config to the yaml beside it, without discriminator and loss.

    A transformer that carries its VQGAN as ``first_stage_model`` is read too. ``provenance`` goes into the file's
    metadata. The weights are written last, so that they are never without their config. Raises :class:`SourceError`
    if the two cannot be read or do not fit each other, and OSError if they cannot be written.
    """
    settings = _vqgan_config(config)
    state = _vqgan_state(checkpoint)
    try:
        vqgan.build(settings, state)
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{checkpoint.name} and {config.name} do not belong together: {error}") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out.with_suffix(".yaml"), lambda partial: OmegaConf.save(settings, partial))
    _write(out, lambda partial: save_file(state, partial, metadata=dict(provenance or {})))


def convert_clip(archive: Path, out: Path, sha256: str, provenance: Mapping[str, str] | None = None) -> None:
    """Write an OpenAI CLIP to ``out`` if the archive's SHA-256 is the published ``sha256``.

    Raises :class:`SourceError`, and OSError if it cannot be written.
    """
    found = weights.sha256(archive)
    if found != sha256:
        raise SourceError(f"{archive.name} has the SHA-256 {found}, not the published {sha256}. Fetch it again.")
    try:
        everything = torch.jit.load(archive, map_location="cpu").state_dict()
        state = {name: tensor.contiguous() for name, tensor in everything.items() if name not in _SIZES}
        clip.build(state)
    except (RuntimeError, ValueError) as error:
        raise SourceError(f"{archive.name} holds no CLIP: {error}") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, lambda partial: save_file(state, partial, metadata=dict(provenance or {})))


def _vqgan_config(path: Path) -> dict[str, Any]:
    """Return the part of a taming config that builds the VQGAN, or the first stage of a transformer."""
    try:
        model = weights.load_config(path)["model"]
    except WeightsError as error:
        raise SourceError(str(error)) from None
    except Exception as error:  # OmegaConf and yaml raise many kinds of errors
        raise SourceError(f"{path.name} is no model config: {str(error).splitlines()[0]}") from None
    model = model["params"].get("first_stage_config", model)
    params = {name: value for name, value in model.get("params", {}).items() if name not in _OF_TRAINING}
    if missing := {"ddconfig", "n_embed", "embed_dim"} - set(params):
        raise SourceError(f"{path.name} is no VQGAN's config: it has no {', '.join(sorted(missing))}.")
    return {"model": {"target": model.get("target", ""), "params": params}}


def _vqgan_state(checkpoint: Path) -> dict[str, Tensor]:
    """Return the VQGAN's tensors by their names in a VQModel or GumbelVQ."""
    try:
        with torch.serialization.safe_globals(LIGHTNING_GLOBALS):
            loaded = torch.load(checkpoint, "cpu", weights_only=True, mmap=zipfile.is_zipfile(checkpoint))
    except Exception as error:  # torch raises UnpicklingError, RuntimeError, EOFError and more for a bad file
        raise SourceError(
            f"{checkpoint.name} cannot be read as a Lightning checkpoint: {_first_sentence(error)}"
        ) from error
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else {}
    plain = {str(name).removeprefix("first_stage_model."): tensor for name, tensor in state.items()}
    kept = {name: tensor.contiguous() for name, tensor in plain.items() if name.startswith(VQGAN_PARTS)}
    if not any(name in kept for name in CODEBOOKS):
        raise SourceError(f"{checkpoint.name} holds no VQGAN: it has neither {' nor '.join(CODEBOOKS)}.")
    return kept


def _first_sentence(error: Exception) -> str:
    """Shorten torch's explanation, which has many lines and recommends to trust the file."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    told = next((line for line in lines if "Unsupported" in line or "GLOBAL" in line), lines[0])
    return told.partition(" Please use ")[0].rstrip(".") + "."


def _write(out: Path, save: Callable[[Path], None]) -> None:
    """Write a file wholly or not at all, and leave no partial file behind."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        save(partial)
        partial.replace(out)
    except SafetensorError as error:  # safetensors raises this if the disk is full
        raise OSError(f"{out} cannot be written: {error}") from None
    finally:
        partial.unlink(missing_ok=True)
