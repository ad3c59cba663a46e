"""Read weights from safetensors files, and the config and vocabulary beside them."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.messages import Vocabulary


class WeightsError(Exception):
    """Weights that are missing or cannot be used; the message says what to do."""


def load(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The weights {path} are missing. `python -m bot weights list` says what there is to fetch.")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a readable safetensors file ({error}). Convert or fetch it again.") from None


def load_config(path: Path) -> dict[str, Any]:
    """Return a taming model config (OmegaConf yaml) as plain dictionaries. Raises :class:`WeightsError`."""
    if not path.is_file():
        raise WeightsError(f"The model config {path} is missing. It belongs beside the VQGAN's weights.")
    config: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(path), resolve=True)  # type: ignore[assignment]
    if not isinstance(config, dict) or "params" not in config.get("model", {}):
        raise WeightsError(f"{path} is no taming model config: it has no model.params.")
    return config


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
