"""Read the tensors of a file from an unknown hand: torch's two formats and safetensors, in any wrapping.

Nothing in the file runs (:mod:`engine.models.foreign.pickles`). A tensor is read only when it is asked for.
"""

from __future__ import annotations

import math
import mmap
import struct
import zipfile
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.messages.mistaken import mistaken
from engine.models.foreign import pickles
from engine.models.foreign.pickles import PickleDamagedError, TensorView, Unknown
from engine.models.weights import WeightsError

Found: TypeAlias = Mapping[str, Callable[[], Tensor]]
"""What reads each tensor, by the tensor's name."""

_MAGIC: Final = 0x1950A86A20F9469CFC6C  # begins torch's format before 1.6
_DTYPES: Final = {
    "FloatStorage": torch.float32, "HalfStorage": torch.float16, "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64, "LongStorage": torch.int64, "IntStorage": torch.int32, "ShortStorage": torch.int16,
    "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip
_SILENT: Final = {"_orig_mod", "module", "_modules", "_parameters", "_buffers"}  # compiled, parallel or pickled modules
_WRAPPERS: Final = {
    "state_dict", "model_state_dict", "model", "vqgan", "first_stage_model", "first_stage", "net", "params",
    "generator", "weights", "vqvae", "vae", "autoencoder", "clip",
}  # fmt: skip
_DEEPEST, _LONGEST = 32, 300  # tables in tables, characters of a key


_DAMAGE = (zipfile.BadZipFile, SafetensorError, struct.error, NotImplementedError, ValueError, LookupError, EOFError)


class SourceError(WeightsError):
    """The file to convert is at fault, so a second attempt would fail too."""


def read(path: Path) -> Found:
    """Return the file's tensors by the keys that lead to them, joined by dots. Raises :class:`SourceError`, OSError."""
    if told := mistaken(path):
        raise SourceError(told)
    with path.open("rb") as file:
        head = file.read(9)
    try:
        if head[:2] == b"PK":
            return _zip(path)
        return _legacy(path) if head[:1] == b"\x80" else _safetensors(path)
    except _DAMAGE as error:
        raise SourceError(
            f"{path.name} cannot be read as a checkpoint, because it is cut off or of another kind ({error}). "
            "Fetch it again, or name a .ckpt, .pt or .safetensors file."
        ) from None


def beneath(found: Found, anchors: Collection[str], path: Path, what: str) -> dict[str, Callable[[], Tensor]]:
    """Return the tensors beside the one that ``anchors`` name, under their names without what comes before.

    Of several such models, the one in the usual wrappings with the fewest of them is taken. ``what`` names the model.
    Raises :class:`SourceError` if there is none, or no saying which.
    """
    all_ = {name.removesuffix(anchor) for name in found for anchor in anchors if f".{name}".endswith(f".{anchor}")}
    prefixes = {one for one in all_ if "cond_stage_model" not in one.split(".")}  # the VQGAN of segmentations
    if not prefixes:
        raise SourceError(
            f"{path.name} holds no {what}: it has no {' and no '.join(list(anchors)[:2])}. Name another file."
        )
    usual = {one for one in prefixes if set(one.split(".")[:-1]) <= _WRAPPERS} or prefixes
    fewest = min(one.count(".") for one in usual)
    best = sorted(one for one in usual if one.count(".") == fewest)
    if len(best) > 1:
        told = " and ".join(f"“{one.removesuffix('.')}”" for one in best)
        raise SourceError(f"{path.name} holds several models, under {told}. Save the one that you want alone.")
    return {name.removeprefix(best[0]): load for name, load in found.items() if name.startswith(best[0])}


def load(chosen: Found, path: Path) -> dict[str, Tensor]:
    """Return the tensors, each with its own memory. Raises :class:`SourceError` for what can be no weights."""
    state, left = {}, path.stat().st_size
    for name, read_it in chosen.items():
        tensor = read_it().contiguous()
        left -= tensor.nbytes
        if left < 0:
            raise SourceError(f"{path.name} is damaged: its tensors overlap. Fetch it again.")
        if not tensor.is_floating_point():
            raise SourceError(f"{path.name} holds whole numbers as {name}. Use the file before it was quantised.")
        if not torch.isfinite(tensor.float()).all():
            raise SourceError(
                f"{name} in {path.name} holds numbers that are infinite or none (NaN). Use another checkpoint of it."
            )
        state[name] = tensor
    return state


def is_safetensors(path: Path) -> bool:
    """Return whether the file is of the kind that :func:`read` reads as safetensors."""
    with path.open("rb") as file:
        return file.read(9)[5:] == b"\x00\x00\x00{"


def _safetensors(path: Path) -> Found:
    return {_plain(name): partial(_same, tensor) for name, tensor in load_file(path).items()}


def _same(tensor: Tensor) -> Tensor:
    return tensor


@dataclass(frozen=True, slots=True)
class _Bytes:
    """The bytes of all storages: where in the file each begins and ends."""

    content: mmap.mmap
    places: Mapping[str, tuple[int, int]]

    def tensor(self, view: TensorView) -> Tensor:
        """Read what ``view`` shows of a storage. Raises :class:`SourceError` if it shows more than there is."""
        dtype = _DTYPES.get(view.kind) or getattr(torch, view.kind, None)
        if not isinstance(dtype, torch.dtype):
            raise SourceError(f"The checkpoint has tensors of an unknown kind ({view.kind}). Save it as float32.")
        count, size = math.prod(view.shape), dtype.itemsize
        begin, end = self.places.get(view.storage.key, (0, 0))
        spread = sum((side - 1) * step for side, step in zip(view.shape, view.stride, strict=True)) + 1 if count else 0
        start = begin + (view.storage.offset + view.offset) * size
        signs = (*view.shape, *view.stride, view.offset, view.storage.offset)
        if min(signs) < 0 or count > spread or start + spread * size > end or len(view.shape) > 8:
            raise SourceError("The checkpoint is cut off or damaged: a tensor reaches past its end. Fetch it again.")
        if not count:
            return torch.empty(view.shape, dtype=dtype)
        flat = torch.frombuffer(bytearray(self.content[start : start + spread * size]), dtype=dtype)
        return flat.as_strided(view.shape, view.stride)


def _zip(path: Path) -> Found:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    root = next((one.filename.removesuffix("data.pkl") for one in members if one.filename.endswith("data.pkl")), None)
    if root is None:
        raise SourceError(f"{path.name} is a zip archive and no checkpoint. Unpack it, and name the file inside.")
    content = _mapped(path)
    wanted = (f"{root}data.pkl", f"{root}byteorder", f"{root}data/")  # TorchScript adds its program, which is packed
    places = {
        one.filename.removeprefix(root): _place(content, one) for one in members if one.filename.startswith(wanted)
    }
    order = places.get("byteorder")
    if order and content[slice(*order)].strip() == b"big":
        raise SourceError(f"{path.name} was saved on a machine with another order of bytes. Save it again on this one.")
    begin, end = places["data.pkl"]
    told = pickles.read(_Part(content, begin, end))
    storages = {name.removeprefix("data/"): place for name, place in places.items() if name.startswith("data/")}
    return _named(told, _Bytes(content, storages))


def _place(content: mmap.mmap, member: zipfile.ZipInfo) -> tuple[int, int]:
    """Return where the bytes of an archive's member begin and end. torch packs none, so a packed one may be a bomb."""
    if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
        raise SourceError("The checkpoint is a packed zip archive. Unpack it, and save it with torch.save.")
    name, extra = struct.unpack("<HH", content[member.header_offset + 26 : member.header_offset + 30])
    begin = member.header_offset + 30 + name + extra
    return begin, min(begin + member.file_size, len(content))


def _legacy(path: Path) -> Found:
    content = _mapped(path)
    file = _Part(content, 0, len(content))
    if pickles.read(file) != _MAGIC:
        raise PickleDamagedError("it is a bare pickle")
    kinds: dict[str, str] = {}
    _, system, told, keys = (pickles.read(file, kinds) for _ in range(4))
    if isinstance(system, dict) and system.get("little_endian") is False:
        raise SourceError(f"{path.name} was saved on a machine with another order of bytes. Save it again on this one.")
    places, position = {}, file.tell()
    for key in keys if isinstance(keys, list) else []:
        (count,) = struct.unpack("<q", content[position : position + 8])
        size = _DTYPES.get(kinds.get(str(key), ""), torch.uint8).itemsize
        places[str(key)] = (position + 8, min(position + 8 + max(count, 0) * size, len(content)))
        position += 8 + max(count, 0) * size
    return _named(told, _Bytes(content, places))


class _Part:
    """A part of a file as what :mod:`pickletools` reads."""

    def __init__(self, content: mmap.mmap, begin: int, end: int) -> None:
        self._content, self._position, self._end = content, begin, end

    def read(self, count: int) -> bytes:
        begin = self._position
        self._position = min(begin + max(count, 0), self._end)
        return self._content[begin : self._position]

    def readline(self) -> bytes:
        found = self._content.find(b"\n", self._position, self._end)
        return self.read((self._end if found < 0 else found + 1) - self._position)

    def tell(self) -> int:
        return self._position


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _named(told: Any, content: _Bytes) -> Found:
    found: dict[str, Callable[[], Tensor]] = {}
    for name, view in _views(told):
        found.setdefault(name, partial(content.tensor, view))
    return found


def _views(told: Any) -> Iterator[tuple[str, TensorView]]:
    """Yield every tensor in nested tables with its path. Each table is entered once, the outer ones first."""
    seen: set[int] = set()
    waiting = deque([("", 0, told)])
    while waiting:
        path, depth, table = waiting.popleft()
        content = table.content if isinstance(table, Unknown) else table
        if not isinstance(content, dict) or id(content) in seen or depth > _DEEPEST:
            continue
        seen.add(id(content))
        for key, value in content.items():
            name = _plain(path + key[:_LONGEST])
            if isinstance(value, TensorView):
                yield name, value
            elif isinstance(value, dict | Unknown):
                waiting.append((f"{name}." if name else "", depth + 1, value))


def _plain(name: str) -> str:
    """Return a tensor's name without the parts that torch put in when it compiled or shared out the model."""
    return ".".join(part for part in name.split(".") if part not in _SILENT)
