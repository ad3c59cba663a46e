"""Save a run in a file: its checkpoint, and the pictures that it was given."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from engine.messages.spec import Spec, SpecError

VERSION = 1
_RUN, _STATE, _INIT, _MASK, _PROMPT = "run.json", "state", "init", "mask", "image-prompt-{}"
_DAMAGED = "That file is no run that was saved, or it is damaged."


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
                parts = {name: archive.read(name) for name in archive.namelist()}
            told: dict[str, Any] = json.loads(parts[_RUN])
            if told["version"] != VERSION:
                raise SpecError("That run was saved by another version. Paint it again from its recipe.")
            return cls(
                spec=Spec.from_json(told["spec"]),
                state=parts[_STATE],
                iteration=int(told["iteration"]),
                init_image=parts.get(_INIT),
                mask=parts.get(_MASK),
                image_prompts=tuple(parts[_PROMPT.format(i)] for i in range(told["image_prompts"])),
                input_hash=told["input_hash"],
                facts=tuple(told["facts"]),
            )
        except SpecError:
            raise
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, OSError, NotImplementedError):
            raise SpecError(_DAMAGED) from None


def is_saved(content: bytes) -> bool:
    """Return whether ``content`` is such a file, and not a bare checkpoint, which is an archive too."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _RUN in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False
