"""List the published checkpoints of ``catalogue.toml``, and the bundles that are made from them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from bot.errors import WeightsFailed

OWN_ENTRY = "bundle.toml"
"""The file that makes a folder of weights a bundle. Its paths are relative to the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file and its addresses. ``megabytes`` is its approximate size, if it is known."""

    urls: tuple[str, ...]
    sha256: str | None = None
    megabytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A publication of a checkpoint: the weights and, for a VQGAN, their yaml."""

    weights: RemoteFile
    config: RemoteFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """An entry of the catalogue. ``weights`` is its file in the weights' folder."""

    name: str
    kind: Literal["clip", "vqgan"]
    title: str
    good_for: str
    licence: str
    licence_source: str
    weights: str
    sources: tuple[Source, ...]

    @property
    def made(self) -> tuple[str, ...]:
        """Return the files that the engine loads; for a VQGAN, the yaml too."""
        config = str(Path(self.weights).with_suffix(".yaml"))
        return (self.weights, config) if self.kind == "vqgan" else (self.weights,)

    @property
    def megabytes(self) -> int | None:
        """Return the approximate size of the first source's download."""
        return self.sources[0].weights.megabytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFiles:
    """A bundle's files in ``folder``. ``checks`` says whether it checks pictures."""

    name: str
    title: str
    folder: Path
    files: tuple[str, ...]
    checks: bool

    def missing(self) -> list[str]:
        """Return the files that are missing."""
        return [file for file in self.files if not (self.folder / file).is_file()]

    def checkpoints(self, weights_dir: Path) -> list[Checkpoint]:
        """Return the published checkpoints that its files can be made from."""
        wanted = {(self.folder / file).resolve() for file in self.files}
        return [one for one in checkpoints().values() if (weights_dir / one.weights).resolve() in wanted]


@cache
def checkpoints() -> Mapping[str, Checkpoint]:
    """Return every entry of ``catalogue.toml`` by name."""
    return parse(resources.files("bot.weights").joinpath("catalogue.toml").read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Checkpoint]:
    """Return the entries of a catalogue's text."""
    entries = {}
    for name, values in tomllib.loads(text).items():
        sources = tuple(_source(source) for source in values.pop("sources"))
        entries[name] = Checkpoint(name=name, sources=sources, **values)
    return entries


def _source(values: dict[str, Any]) -> Source:
    urls = values.get("archive") or values["checkpoint"]
    weights = RemoteFile(urls=tuple(urls), sha256=values.get("sha256"), megabytes=values.get("megabytes"))
    config = RemoteFile(urls=tuple(values["config"])) if "config" in values else None
    return Source(weights=weights, config=config)


def bundles(weights_dir: Path) -> dict[str, BundleFiles]:
    """Return the bundles of the engine's table, and those with an entry in ``weights_dir``.

    Raises :class:`WeightsFailed` for an entry that cannot be read.
    """
    table = tomllib.loads(resources.files("engine.bundles").joinpath("bundles.toml").read_text(encoding="utf-8"))
    found = {}
    for name, values in table.items():
        found[name] = _bundle(name, {**table.get(values.get("like", ""), {}), **values}, weights_dir)
    for path in sorted(weights_dir.glob(f"*/{OWN_ENTRY}")):
        try:
            own = _bundle(path.parent.name, tomllib.loads(path.read_text(encoding="utf-8")), path.parent)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise WeightsFailed(f"{path} cannot be used: {error}. Correct it, or add the bundle again.") from None
        found.setdefault(own.name, own)
    return found


def _bundle(name: str, values: Mapping[str, Any], folder: Path) -> BundleFiles:
    perceptors = []
    for one in values["perceptors"]:
        perceptors += [one] if isinstance(one, str) else [one[key] for key in ("weights", "config") if key in one]
    generator = values.get("generator") or values["vqgan"]
    files = [generator["weights"], *([generator["config"]] if "config" in generator else []), *perceptors]
    files += [values[key] for key in ("start_network", "vocabulary") if values.get(key)]
    checks = bool(values.get("check", {}).get("unsafe"))
    return BundleFiles(name=name, title=values["title"], folder=folder, files=tuple(files), checks=checks)


def wanted(name: str, weights_dir: Path) -> list[Checkpoint]:
    """Return the checkpoints of a bundle, or the checkpoint of that name.

    Raises :class:`WeightsFailed` for an unknown name, and for a bundle that cannot be fetched.
    """
    if name in checkpoints():
        return [checkpoints()[name]]
    known = bundles(weights_dir)
    if name not in known:
        raise WeightsFailed(f"There are no weights “{name}”. Choose one of: {', '.join([*known, *checkpoints()])}.")
    return known[name].checkpoints(weights_dir)
