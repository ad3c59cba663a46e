"""Make a bundle from a user's own VQGAN: a folder with the weights and an entry."""

import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import WeightsFailed
from bot.weights import catalogue, conversion, header, provenance
from bot.weights.catalogue import OWN_ENTRY
from bot.weights.conversion import Told
from bot.weights.provenance import Provenance
from engine.messages.mistaken import mistaken

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
    told: Told = field(default_factory=Told)  # of the perceptors that are files
    title: str | None = None
    side: int = 384


async def add(own: Own, weights_dir: Path) -> list[str]:
    """Make the bundle, and return the checkpoints that it still needs. Raises :class:`WeightsFailed`."""
    folder = weights_dir / own.name
    _check(own, folder, weights_dir)
    perceptors = _perceptors(own, weights_dir, folder)
    building = weights_dir / f".{own.name}.adding"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        await _fill(building, folder, own, perceptors)
        building.replace(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    made = {weights_dir / one.weights: one.name for one in catalogue.checkpoints().values()}
    return [made[one.weights] for one in perceptors if not one.weights.exists()]


def _check(own: Own, folder: Path, weights_dir: Path) -> None:
    if not _NAME.fullmatch(own.name):
        raise WeightsFailed(f"“{own.name}” cannot be the name of a bundle. Use small letters, digits, - and _.")
    if own.name in catalogue.bundles(weights_dir) or folder.exists():
        raise WeightsFailed(f"There is a bundle or a folder {folder} already. Choose another name, or remove it.")
    for file in (own.vqgan, own.config):
        if not file.is_file():
            raise WeightsFailed(f"{file} is not a file here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class PerceptorFiles:
    """The weights that the entry names, and the file that they must first be converted from, if they must."""

    weights: Path
    source: Path | None = None


def _perceptors(own: Own, weights_dir: Path, folder: Path) -> list[PerceptorFiles]:
    found = [
        _perceptor(name, own, weights_dir, folder / f"clip-{i}.safetensors") for i, name in enumerate(own.perceptors, 1)
    ]
    if own.told != Told() and not any(one.source for one in found):
        raise WeightsFailed("Published perceptors are known. Leave --activation, --heads and --text-heads out.")
    return found


def _perceptor(name: str, own: Own, weights_dir: Path, out: Path) -> PerceptorFiles:
    """Find a published CLIP, or a file. A file that does not say how it computes is converted to ``out``."""
    known = {one.name: one for one in catalogue.checkpoints().values() if one.kind == "clip"}
    if name in known:
        return PerceptorFiles(weights=weights_dir / known[name].weights)
    path = Path(name)
    if not path.is_file():
        raise WeightsFailed(f"“{name}” is no perceptor. Name the file of a CLIP, or one of: {', '.join(known)}.")
    if told := mistaken(path):
        raise WeightsFailed(told)
    if path.suffix == ".safetensors" and own.told == Told():
        found = header.read(path)
        if found.tells_its_architecture and header.describe(found.shapes).startswith("CLIP"):
            return PerceptorFiles(weights=path.absolute())
    return PerceptorFiles(weights=out, source=path)


def _entry(own: Own, perceptors: list[PerceptorFiles], folder: Path) -> str:
    relative = [os.path.relpath(one.weights, folder) for one in perceptors]
    return _SETTINGS.format(
        title=json.dumps(own.title or f"VQGAN {own.name}", ensure_ascii=False),
        perceptors=", ".join(json.dumps(path, ensure_ascii=False) for path in relative),
        side=own.side,
    )


async def _fill(building: Path, folder: Path, own: Own, perceptors: list[PerceptorFiles]) -> None:
    for one in perceptors:
        if one.source is not None:
            await _convert(one.source, building / one.weights.name, own)
    weights = building / "vqgan.safetensors"
    origins = {file.name: await provenance.of_file(file) for file in (own.vqgan, own.config)}
    told = {"source": own.vqgan.name, "source_sha256": origins[own.vqgan.name].sha256}
    await conversion.convert_vqgan(own.vqgan, own.config, weights, told)
    made = await provenance.hashes([weights, weights.with_suffix(".yaml")])
    await provenance.write(weights, Provenance(checkpoint=own.name, licence="your own", origins=origins, made=made))
    (building / OWN_ENTRY).write_text(_entry(own, perceptors, folder), encoding="utf-8")


async def _convert(source: Path, out: Path, own: Own) -> None:
    """Convert a perceptor, and record where it came from."""
    origin = await provenance.of_file(source)
    await conversion.convert_perceptor(source, out, own.told, {"source": source.name})
    made = await provenance.hashes([out])
    record = Provenance(checkpoint=own.name, licence="your own", origins={source.name: origin}, made=made)
    await provenance.write(out, record)
