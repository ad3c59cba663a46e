"""Save a run in a file: its checkpoint, and the pictures that it was given."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from engine.messages.spec import Spec, SpecError

VERSION = 1
_RUN, _STATE, _INIT, _MASK, _PROMPT = "run.json", "state", "init", "mask", "image-prompt-{}"
_DAMAGED = "That file is no run that was saved, or it is damaged. Save it again, or paint from its recipe."
_MOST_TEXT, _MOST_STATE, _MOST_PICTURE = 1 << 20, 1 << 30, 1 << 28  # bytes of a member
_MOST_PROMPTS, _MOST_ITERATION = 64, 1 << 31
# What zipfile, zlib, json and the reading of a damaged file raise. RuntimeError is an encrypted member, or deep JSON.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, LookupError, ValueError, TypeError, AttributeError, OverflowError,
    EOFError, OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """Hold what a :class:`engine.messages.StartRun` needs to go on with a run."""

    spec: Spec
    state: bytes = b""  # a checkpoint
    iteration: int = 0  # of the checkpoint
    init_image: bytes | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()
    input_hash: str | None = None  # SHA-256, in hex, of the file that the run started from
    facts: tuple[str, ...] = ()  # what else a recipe tells of its pictures

    def to_bytes(self) -> bytes:
        """Return a zip archive with the settings as JSON and the rest as it is."""
        told = {
            "version": VERSION,
            "spec": self.spec.to_json(),
            "iteration": self.iteration,
            "input_hash": self.input_hash,
            "facts": self.facts,
            "image_prompts": len(self.image_prompts),
        }
        parts = {_RUN: json.dumps(told).encode(), _STATE: self.state, _INIT: self.init_image, _MASK: self.mask}
        parts |= {_PROMPT.format(i): picture for i, picture in enumerate(self.image_prompts)}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in parts.items():
                if content is not None:
                    archive.writestr(zipfile.ZipInfo(name), content)  # without the time: a run is its content
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Saved:
        """Read what :meth:`to_bytes` wrote. Raises :class:`SpecError` if it is damaged or of another version."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                told: dict[str, Any] = json.loads(_member(archive, _RUN, _MOST_TEXT))
                if told["version"] != VERSION:
                    raise SpecError("That run was saved by another version. Paint it again from its recipe.")
                prompts = _whole(told["image_prompts"], _MOST_PROMPTS)
                return cls(
                    spec=Spec.from_json(told["spec"]),
                    state=_member(archive, _STATE, _MOST_STATE),
                    iteration=_whole(told["iteration"], _MOST_ITERATION),
                    init_image=_optional(archive, _INIT),
                    mask=_optional(archive, _MASK),
                    image_prompts=tuple(_member(archive, _PROMPT.format(i), _MOST_PICTURE) for i in range(prompts)),
                    input_hash=None if told["input_hash"] is None else _text(told["input_hash"]),
                    facts=tuple(map(_text, told["facts"])),
                )
        except SpecError:
            raise
        except _DAMAGE:
            raise SpecError(_DAMAGED) from None


def is_saved(content: bytes) -> bool:
    """Return whether ``content`` is such a file, and not a bare checkpoint, which is an archive too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _RUN in archive.namelist()
    except _DAMAGE:
        return False


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read a member of at most ``most`` bytes. Raises one of :data:`_DAMAGE` for a longer one.

    Other ways of packing than deflate may take much memory before the first byte.
    """
    member = archive.getinfo(name)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in another way")
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} is too long")
    return content


def _optional(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return _member(archive, name, _MOST_PICTURE) if name in archive.namelist() else None


def _whole(value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no number from 0 to {most}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
