"""Convert weights to safetensors in a process of the engine, so that the bot loads no foreign file."""

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsFailed

_BAD_SOURCE = 3  # engine's exit code for a source that is at fault


class UnusableSource(WeightsFailed):
    """The file cannot be converted, and another one is needed."""


async def convert_vqgan(checkpoint: Path, config: Path, out: Path, provenance: Mapping[str, str]) -> None:
    """Convert a taming checkpoint and its config to ``out`` and the yaml beside it.

    Raises :class:`UnusableSource` for bad files, else :class:`WeightsFailed`.
    """
    await _engine("convert", "vqgan", checkpoint, out, "--config", config, "--provenance", json.dumps(dict(provenance)))


async def convert_clip(archive: Path, out: Path, sha256: str, provenance: Mapping[str, str]) -> None:
    """Convert an OpenAI CLIP archive with the hash ``sha256`` to ``out``. Raises as :func:`convert_vqgan` does."""
    await _engine("convert", "clip", archive, out, "--sha256", sha256, "--provenance", json.dumps(dict(provenance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Hold what the owner of a CLIP says of how it computes, where neither its file nor a config beside it does."""

    activation: str | None = None
    heads: int | None = None  # of the picture side
    text_heads: int | None = None

    def options(self) -> list[str]:
        """Return the options of a command that say so."""
        said = {"--activation": self.activation, "--heads": self.heads, "--text-heads": self.text_heads}
        return [text for name, value in said.items() if value is not None for text in (name, str(value))]


async def convert_perceptor(source: Path, out: Path, told: Told, provenance: Mapping[str, str]) -> None:
    """Convert a CLIP of any origin to ``out``. Raises as :func:`convert_vqgan` does."""
    said = json.dumps(dict(provenance))
    await _engine("convert", "perceptor", source, out, *told.options(), "--provenance", said)


async def _engine(*arguments: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_command(),
        *(str(one.absolute()) if isinstance(one, Path) else one for one in arguments),
        env={**os.environ, "PYTHONPATH": _search_path()},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return
    sentence = (said.decode(errors="replace").strip().splitlines() or [""])[-1]
    if process.returncode == _BAD_SOURCE:
        raise UnusableSource(sentence)
    assert process.returncode is not None
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        raise WeightsFailed(
            f"The conversion was killed by {name}; for want of memory perhaps. Free some and try again."
        )
    raise WeightsFailed(f"The conversion failed: {sentence}")


def _command() -> Sequence[str]:
    return (sys.executable, "-W", "ignore", "-m", "engine")


def _search_path() -> str:
    """Return the Python path, with the engine's folder first."""
    found = importlib.util.find_spec("engine")
    assert found is not None and found.submodule_search_locations
    root = str(Path(found.submodule_search_locations[0]).parent)
    return os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
