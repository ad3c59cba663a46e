"""Convert checkpoints from unknown hands to safetensors: VQGANs of any wrapping, and CLIPs.

Nothing in a checkpoint runs (:mod:`engine.models.foreign`). OpenAI's own TorchScript archives are opened only if they
have the published SHA-256, and only their tensors are read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from engine.messages.mistaken import mistaken
from engine.models import architecture, clip, vqgan, weights
from engine.models.architecture import Architecture
from engine.models.foreign import files, layouts
from engine.models.foreign.files import SourceError
from engine.models.weights import WeightsError

VQGAN_PARTS = ("encoder.", "decoder.", "quantize.", "quant_conv.", "post_quant_conv.")
CODEBOOKS = ("quantize.embedding.weight", "quantize.embed.weight")  # of a VQModel and of a GumbelVQ
_OTHER_CODEBOOKS: Mapping[str, Callable[[Tensor], Tensor]] = {  # of other averaging quantisers of the same codes
    "quantize._embedding.weight": lambda codes: codes,
    "quantize.embed": lambda codes: codes.T,
}
_BOOKKEEPING = ("used", "cluster_size", "embed_avg", "_ema_w", "_ema_cluster_size", "ema_w", "ema_cluster_size")
_OF_TRAINING = ("ckpt_path", "lossconfig", "monitor", "ignore_keys", "image_key", "colorize_nlabels")
CLIP_PARTS = ("visual.", "transformer.", "positional_embedding", "token_embedding.", "ln_final.", "text_projection",
              "logit_scale", *clip.EXTRAS)  # fmt: skip
_SIZES = ("input_resolution", "context_length", "vocab_size")  # what a CLIP's other tensors imply


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Hold what the owner of a CLIP says of how it computes. None leaves it to the file, or to what is published."""

    activation: str | None = None  # a name in engine.models.architecture.ACTIVATIONS
    heads: int | None = None  # of the picture side
    text_heads: int | None = None


def convert_vqgan(checkpoint: Path, config: Path, out: Path, provenance: Mapping[str, str] | None = None) -> None:
    """Write a VQGAN's weights to ``out`` and its config to the yaml beside it, without discriminator and loss.

    A transformer that carries its VQGAN as ``first_stage_model`` is read too. ``provenance`` goes into the file's
    metadata. The weights are written last, so that they are never without their config. Raises :class:`SourceError`
    if the two cannot be read or do not fit each other, and OSError if they cannot be written.
    """
    settings = _vqgan_config(config)
    state = _vqgan_state(checkpoint)
    try:
        vqgan.check(settings["model"]["params"])
    except ValueError as error:
        raise SourceError(f"{config.name} is no config of a usable VQGAN: {error}.") from None
    settings["model"]["target"] = vqgan.target(settings["model"]["target"], state)
    try:
        vqgan.build(settings, state)
    except ValueError as error:
        raise SourceError(f"{checkpoint.name} and {config.name} do not belong together: {error}") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out.with_suffix(".yaml"), lambda partial: OmegaConf.save(settings, partial))
    _write(out, lambda partial: save_file(state, partial, metadata=dict(provenance or {})))


def convert_clip(archive: Path, out: Path, sha256: str, provenance: Mapping[str, str] | None = None) -> None:
    """Write an OpenAI CLIP to ``out`` if the archive's SHA-256 is the published ``sha256``.

    Raises :class:`SourceError`, and OSError if it cannot be written.
    """
    if told := mistaken(archive):
        raise SourceError(told)
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
    _write(out, lambda partial: save_file(state, partial, metadata={**(provenance or {}), **Architecture().metadata()}))


def convert_perceptor(
    source: Path, out: Path, owner: Owner | None = None, provenance: Mapping[str, str] | None = None
) -> None:
    """Write a CLIP of any origin to ``out``, with what its config, its file or its ``owner`` say of how it computes.

    Raises :class:`SourceError` if none of them does, or if they contradict each other; OSError if it cannot be written.
    """
    found = layouts.openai(files.beneath(files.read(source), layouts.ANCHORS, source, "CLIP"))
    chosen = {name: load for name, load in found.items() if name.startswith(CLIP_PARTS)}
    state = files.load({name: load for name, load in chosen.items() if name not in clip.EXTRAS}, source)
    state |= {name: chosen[name]() for name in clip.EXTRAS if name in chosen}
    metadata = weights.metadata(source) if files.is_safetensors(source) else {}
    try:
        made = _architecture(source, state, metadata, owner or Owner())
        clip.build(state, made)
    except ValueError as error:
        raise SourceError(f"{source.name} cannot be a perceptor: {error}") from None
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, lambda partial: save_file(state, partial, metadata={**(provenance or {}), **made.metadata()}))


def _architecture(source: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str], owner: Owner) -> Architecture:
    has, config = clip.sizes(state), architecture.beside(source)
    made = architecture.told(state, metadata)
    made = made or (architecture.from_config(config, has) if config else None)
    if made is None:
        return architecture.by_hand(has, owner.activation, owner.heads, owner.text_heads)
    heads = made.heads(has)
    known = {"activation": made.activation, "heads": heads[0], "text-heads": heads[1]}
    said = {"activation": owner.activation, "heads": owner.heads, "text-heads": owner.text_heads}
    for name, value in said.items():
        if value is not None and value != known[name]:
            raise ValueError(f"its file or config says {known[name]} and not --{name} {value}. Leave the option out.")
    return made


def _vqgan_config(path: Path) -> dict[str, Any]:
    """Return the part of a taming config that builds the VQGAN, or the first stage of a transformer."""
    try:
        model = weights.load_config(path)["model"]
    except WeightsError as error:
        raise SourceError(str(error)) from None
    if isinstance(first := model["params"].get("first_stage_config"), Mapping):
        model = first
    told = model.get("params")
    params = {name: value for name, value in (told or {}).items() if name not in _OF_TRAINING}
    if missing := sorted(name for name in ("ddconfig", "n_embed", "embed_dim") if params.get(name) is None):
        raise SourceError(f"{path.name} is no VQGAN's config: it has no {', '.join(missing)}. Name the model's yaml.")
    return {"model": {"target": str(model.get("target") or ""), "params": params}}


def _vqgan_state(checkpoint: Path) -> dict[str, Tensor]:
    """Return the VQGAN's tensors by their names in a VQModel or GumbelVQ."""
    anchors = (*CODEBOOKS, *_OTHER_CODEBOOKS)
    found = files.beneath(files.read(checkpoint), anchors, checkpoint, "VQGAN")
    kept = {name: load for name, load in found.items() if _needed(name)}
    for name, changed in _OTHER_CODEBOOKS.items():
        if name in kept:
            kept[CODEBOOKS[0]] = partial(_changed, kept.pop(name), changed)
    return files.load(kept, checkpoint)


def _changed(load: Callable[[], Tensor], change: Callable[[Tensor], Tensor]) -> Tensor:
    return change(load())


def _needed(name: str) -> bool:
    """Return whether painting needs the tensor. A quantiser's averages and its list of used codes only train it."""
    return name.startswith(VQGAN_PARTS) and not (
        name.startswith("quantize.") and name.rpartition(".")[2] in _BOOKKEEPING
    )


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
