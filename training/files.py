"""Write files whole or not at all, and weights in half precision."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


@contextlib.contextmanager
def written_whole(path: Path, suffix: str = ".part") -> Iterator[Path]:
    """Yield a path with `suffix` to write to, and rename it to `path` at the end, so that no half file is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(suffix)
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def save_halves(weights: Mapping[str, Tensor], path: Path, told: Mapping[str, str] | None = None) -> None:
    """Write tensors by name in half precision, with what the file is `told` about them as metadata."""
    halves = {
        name: (weight.half() if weight.is_floating_point() else weight).contiguous() for name, weight in weights.items()
    }
    with written_whole(path) as part:
        save_file(halves, part, dict(told) if told else None)
