"""Read what a file of weights is from its header, a table of its tensors' shapes."""

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from bot.errors import WeightsFailed
from engine.messages.mistaken import mistaken

Shapes: TypeAlias = Mapping[str, tuple[int, ...]]
_LONGEST = 100_000_000  # bytes of a header; safetensors' own limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The header of a file of weights."""

    shapes: Shapes
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def tells_its_architecture(self) -> bool:
        """Tell whether the file of a CLIP says how it computes, as every converted or trained one does."""
        return bool(
            {"clip", "source_sha256"} & self.metadata.keys() or {"token_ids", "text_heads"} & self.shapes.keys()
        )

    @property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.shapes.values())


def read(path: Path) -> Header:
    """Read the header of a safetensors file. Raises :class:`WeightsFailed` for another or a damaged file."""
    try:
        if told := mistaken(path):
            raise WeightsFailed(told)
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST:
                raise ValueError("its header is too long")
            table: dict[str, Any] = json.loads(file.read(length))
        metadata = table.pop("__metadata__", {})
        end = max((entry["data_offsets"][1] for entry in table.values()), default=0)
        if path.stat().st_size != 8 + length + end:
            raise ValueError(f"it has {path.stat().st_size:,} bytes of {8 + length + end:,}")
        return Header(shapes={name: tuple(entry["shape"]) for name, entry in table.items()}, metadata=metadata)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise WeightsFailed(f"{path} is no whole safetensors file: {error}. Fetch or convert it again.") from None


def describe(shapes: Shapes) -> str:
    """Describe the kind of model and its sizes in a line."""
    for name in ("quantize.embedding.weight", "quantize.embed.weight"):
        if name in shapes:
            return _vqgan(shapes, *shapes[name], gumbel=name == "quantize.embed.weight")
    if "visual.conv1.weight" in shapes and "positional_embedding" in shapes:
        return _clip(shapes)
    return "a network of another kind"


def _vqgan(shapes: Shapes, codes: int, width: int, *, gumbel: bool) -> str:
    levels = {name.split(".")[2] for name in shapes if name.startswith("encoder.down.")}
    kind = "Gumbel VQGAN" if gumbel else "VQGAN"
    return f"{kind}, f = {2 ** (len(levels) - 1)}, {codes:,} codes of {width} numbers"


def _clip(shapes: Shapes) -> str:
    context = shapes["positional_embedding"][0]
    if "visual.proj" in shapes:
        patch = shapes["visual.conv1.weight"][-1]
        side = patch * math.isqrt(shapes["visual.positional_embedding"][0] - 1)
        kind = f"ViT with patches of {patch} px"
    else:
        side = 32 * math.isqrt(shapes["visual.attnpool.positional_embedding"][0] - 1)
        kind = "ResNet"
    return f"CLIP {kind}, input {side} px, text of up to {context} tokens"
