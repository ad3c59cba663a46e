"""Weights on disk: safetensors to read, the published formats to convert from.

Foreign files are pickles. A Lightning checkpoint is read with ``weights_only`` and named stand-ins for the classes
its callbacks mention; a TorchScript archive only after its published SHA-256 matched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.messages import Vocabulary


class WeightsError(Exception):
    """Weights that are missing or cannot be used; the message says what to do."""


class _ModelCheckpoint:
    """Stands in for Lightning's callback class, which published checkpoints name as a dictionary key."""


LIGHTNING_GLOBALS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_ModelCheckpoint, "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"),
    (_ModelCheckpoint, "pytorch_lightning.callbacks.base.ModelCheckpoint"),
]
VQGAN_PARTS = ("encoder.", "decoder.", "quantize.", "quant_conv.", "post_quant_conv.")


def load(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The weights {path} are missing. Convert the published file with: python -m engine convert")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a readable safetensors file ({error}). Convert or fetch it again.") from None


def load_config(path: Path) -> dict[str, Any]:
    """A taming model config (OmegaConf yaml) as plain dictionaries. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The model config {path} is missing. It belongs beside the VQGAN's weights.")
    config: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(path), resolve=True)  # type: ignore[assignment]
    if not isinstance(config, dict) or "params" not in config.get("model", {}):
        raise WeightsError(f"{path} is no taming model config: it has no model.params.")
    return config


def load_vocabulary(path: Path) -> Vocabulary:
    """The words that models of a reduced vocabulary know (json). Raises :class:`WeightsError`."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        kinds = tuple((str(kind), str(some)) for kind, some in read["kinds"].items())
        return Vocabulary(words=tuple(map(str, read["words"])), kinds=kinds)
    except OSError as error:
        raise WeightsError(
            f"The vocabulary {path} cannot be read: {error.strerror}. It belongs to the weights."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} is no vocabulary ({error!r}). Export or fetch it again.") from None


def save_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """What :func:`load_vocabulary` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"kinds": dict(vocabulary.kinds), "words": vocabulary.words}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def fingerprint(paths: Iterable[Path]) -> str:
    """The first 12 hex digits of the SHA-256 over the files' bytes, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_sha256(path).encode())
    return digest.hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def convert_vqgan(checkpoint: Path, out: Path) -> None:
    """A Lightning checkpoint of taming's VQModel to safetensors; discriminator and loss networks are left out.

    A transformer checkpoint that carries its VQGAN under ``first_stage_model.`` is read too. Raises
    :class:`WeightsError`.
    """
    try:
        with torch.serialization.safe_globals(LIGHTNING_GLOBALS):
            loaded = torch.load(checkpoint, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises UnpicklingError, RuntimeError, EOFError and more for a bad file
        raise WeightsError(f"{checkpoint} cannot be read as a Lightning checkpoint: {error}") from error
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else {}
    plain = {name.removeprefix("first_stage_model."): tensor for name, tensor in state.items()}
    kept = {name: tensor.contiguous() for name, tensor in plain.items() if name.startswith(VQGAN_PARTS)}
    if "quantize.embedding.weight" not in kept:
        raise WeightsError(f"{checkpoint} holds no VQGAN: it has no quantize.embedding.weight.")
    _save(kept, out)


def convert_clip(archive: Path, out: Path, sha256: str) -> None:
    """An OpenAI CLIP (TorchScript archive) to safetensors, if the file's SHA-256 is the published ``sha256``."""
    found = _sha256(archive)
    if found != sha256:
        raise WeightsError(f"{archive} has the SHA-256 {found}, not the published {sha256}. Download it again.")
    state = torch.jit.load(archive, map_location="cpu").state_dict()
    sizes = ("input_resolution", "context_length", "vocab_size")  # build_model infers them
    _save({name: tensor.contiguous() for name, tensor in state.items() if name not in sizes}, out)


def _save(state: dict[str, Tensor], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    save_file(state, partial)
    partial.replace(out)  # never a half-written file under the final name
