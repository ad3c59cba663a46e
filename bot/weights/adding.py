"""Make a bundle from a user's own VQGAN: a folder with the weights and an entry."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from bot.errors import WeightsFailed
from bot.weights import catalogue, conversion, header, provenance
from bot.weights.catalogue import OWN_ENTRY
from bot.weights.provenance import Provenance

DEFAULT_PERCEPTOR = "ViT-B-32"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SETTINGS = """\
# A bundle of your own: engine/bundles.toml says what else can stand here. Paths are relative to this folder.
title = {title}
vqgan = {{ weights = "vqgan.safetensors", config = "vqgan.yaml" }}
perceptors = [{perceptors}]
width = {side}
height = {side}
iterations = 400
iterations_edit = 300
iterations_upscale = 100
strength = 0.6
max_pixels = 589824
max_iterations = 2000
regulariser = {{ weight = 0.1, schedule = "linear" }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Hold what to make a bundle from."""

    name: str
    vqgan: Path
    config: Path
    perceptors: tuple[str, ...] = (DEFAULT_PERCEPTOR,)
    title: str | None = None
    side: int = 384


async def add(own: Own, weights_dir: Path) -> list[str]:
    """Make the bundle, and return the checkpoints that it still needs. Raises :class:`WeightsFailed`."""
    folder = weights_dir / own.name
    _check(own, folder, weights_dir)
    perceptors = [_perceptor(name, weights_dir) for name in own.perceptors]
    entry = _entry(own, perceptors, folder)
    building = weights_dir / f".{own.name}.adding"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        await _fill(building, own, entry)
        building.replace(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    made = {weights_dir / one.weights: one.name for one in catalogue.checkpoints().values()}
    return [made[path] for path in perceptors if not path.exists()]


def _check(own: Own, folder: Path, weights_dir: Path) -> None:
    if not _NAME.fullmatch(own.name):
        raise WeightsFailed(f"“{own.name}” cannot be the name of a bundle. Use small letters, digits, - and _.")
    if own.name in catalogue.bundles(weights_dir) or folder.exists():
        raise WeightsFailed(f"There is a bundle or a folder {folder} already. Choose another name, or remove it.")
    for file in (own.vqgan, own.config):
        if not file.is_file():
            raise WeightsFailed(f"{file} is not a file here.")


def _perceptor(name: str, weights_dir: Path) -> Path:
    """Return the file of a published CLIP, or of a path to converted weights."""
    known = {one.name: one for one in catalogue.checkpoints().values() if one.kind == "clip"}
    if name in known:
        return weights_dir / known[name].weights
    path = Path(name)
    if path.suffix != ".safetensors" or not path.is_file():
        raise WeightsFailed(
            f"“{name}” is no perceptor. Name a .safetensors file of a CLIP, or one of: {', '.join(known)}."
        )
    if not header.describe(header.read(path).shapes).startswith("CLIP"):
        raise WeightsFailed(f"{path} holds no CLIP.")
    return path.absolute()


def _entry(own: Own, perceptors: list[Path], folder: Path) -> str:
    relative = [os.path.relpath(path, folder) for path in perceptors]
    return _SETTINGS.format(
        title=json.dumps(own.title or f"VQGAN {own.name}", ensure_ascii=False),
        perceptors=", ".join(json.dumps(path, ensure_ascii=False) for path in relative),
        side=own.side,
    )


async def _fill(folder: Path, own: Own, entry: str) -> None:
    weights = folder / "vqgan.safetensors"
    origins = {file.name: await provenance.of_file(file) for file in (own.vqgan, own.config)}
    told = {"source": own.vqgan.name, "source_sha256": origins[own.vqgan.name].sha256}
    await conversion.convert_vqgan(own.vqgan, own.config, weights, told)
    made = await provenance.hashes([weights, weights.with_suffix(".yaml")])
    await provenance.write(weights, Provenance(checkpoint=own.name, licence="your own", origins=origins, made=made))
    (folder / OWN_ENTRY).write_text(entry, encoding="utf-8")
