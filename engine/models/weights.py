"""Read weights from safetensors files, and the config and vocabulary beside them."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor

from engine.messages import Vocabulary
from engine.messages.mistaken import mistaken

_LONGEST_CONFIG, _DEEPEST, _MOST_ALIASES = 1 << 20, 32, 16  # bytes, parts in parts, references to earlier parts


class WeightsError(Exception):
    """Weights that are missing or cannot be used; the message says what to do."""


def load(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The weights {path} are missing. `python -m bot weights list` says what there is to fetch.")
    if told := mistaken(path):
        raise WeightsError(f"{path} cannot be used. {told}")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a readable safetensors file ({error}). Convert or fetch it again.") from None


def metadata(path: Path) -> dict[str, str]:
    """Return what a safetensors file says of itself. Raises :class:`WeightsError`."""
    try:
        with safe_open(path, "pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a readable safetensors file ({error}). Convert or fetch it again.") from None


def misfit(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> str | None:
    """Return the first difference between a model's ``own`` tensors and ``state`` in words, or None if they fit."""
    wanted = {name: tuple(tensor.shape) for name, tensor in own.items()}
    missing, more = sorted(wanted.keys() - state), sorted(state.keys() - wanted)
    for names, told in ((missing, "are missing"), (more, "are too many")):
        if names:
            return f"{len(names)} tensors {told}, such as {names[0]}"
    for name, shape in wanted.items():
        if tuple(state[name].shape) != shape:
            return f"{name} is {_sides(state[name].shape)} and should be {_sides(shape)}"
    return None


def _sides(shape: Iterable[int]) -> str:
    return " × ".join(map(str, shape)) or "one number"


def load_config(path: Path) -> dict[str, Any]:
    """Return a taming model config (OmegaConf yaml) as plain dictionaries. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The model config {path} is missing. It belongs beside the VQGAN's weights.")
    if path.stat().st_size > _LONGEST_CONFIG:
        raise WeightsError(f"{path} is too large for a model config. Name the yaml, not the weights.")
    if told := mistaken(path, text=True):
        raise WeightsError(f"{path} cannot be used. {told}")
    try:
        text = path.read_text(encoding="utf-8")
        _check_shape(yaml.parse(text, yaml.SafeLoader))
        config: Any = OmegaConf.to_container(OmegaConf.create(text), resolve=True)
    except Exception as error:  # OmegaConf and yaml raise many kinds of errors
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{path} is no model config ({told}). Fetch the model's yaml again.") from None
    model = config.get("model") if isinstance(config, dict) else None
    if not isinstance(model, dict) or not isinstance(model.get("params"), dict):
        raise WeightsError(f"{path} is no taming model config: it has no model.params. Fetch the model's yaml again.")
    found: dict[str, Any] = config
    return found


def _check_shape(events: Iterable[yaml.Event]) -> None:
    """Raise ValueError for a yaml that would take hours or all memory: each reference to an earlier part copies it."""
    depth = aliases = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > _DEEPEST or aliases > _MOST_ALIASES:
            raise ValueError("it has too many parts in parts, or refers to itself too often")


def load_vocabulary(path: Path) -> Vocabulary:
    """Return the words that models of a reduced vocabulary know (json). Raises :class:`WeightsError`."""
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
    """Write the file that :func:`load_vocabulary` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"kinds": dict(vocabulary.kinds), "words": vocabulary.words}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def fingerprint(paths: Iterable[Path]) -> str:
    """Return the first 12 hex digits of the SHA-256 over the files' hashes, in order."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(sha256(path).encode())
    return digest.hexdigest()[:12]


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
