"""Tell what weights there are, as plain values for people and programs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import WeightsFailed
from bot.weights import catalogue, header, provenance
from bot.weights.catalogue import Checkpoint

Facts = dict[str, Any]

CHECKS = "It checks every picture before it is shown where that is not age-restricted."
CHECKS_NOT = "It cannot tell unsafe pictures: its perceptors have no words for them."


def bundles(weights_dir: Path) -> list[Facts]:
    """Return a row for each bundle: name, whether it is here, size, and what it is."""
    rows = []
    for bundle in catalogue.bundles(weights_dir).values():
        missing = bundle.missing()
        here = sum((bundle.folder / file).stat().st_size for file in bundle.files if file not in missing)
        size = f"{shown_size(here)}" if not missing else _to_fetch(bundle.checkpoints(weights_dir), weights_dir)
        rows.append({"name": bundle.name, "here": not missing, "size": size, "what": bundle.title})
    return rows


def checkpoints(weights_dir: Path) -> list[Facts]:
    """Return a row for each published checkpoint."""
    rows = []
    for one in catalogue.checkpoints().values():
        here = all((weights_dir / file).is_file() for file in one.made)
        size = shown_size((weights_dir / one.weights).stat().st_size) if here else _to_fetch([one], weights_dir)
        what = f"{one.title}. {one.good_for} Licence: {one.licence}."
        rows.append({"name": one.name, "here": here, "size": size, "what": what})
    return rows


def _to_fetch(wanted: Sequence[Checkpoint], weights_dir: Path) -> str:
    sizes = [one.megabytes for one in wanted if not (weights_dir / one.weights).is_file()]
    told = sum(size for size in sizes if size is not None)
    unknown = "" if None not in sizes else " and more" if told else "unknown"
    return f"{told:,} MB{unknown} to fetch" if told else unknown


def info(name: str, weights_dir: Path) -> Facts:
    """Return what is known about a bundle or a checkpoint. Raises :class:`WeightsFailed`."""
    known = catalogue.bundles(weights_dir)
    if name in known:
        bundle = known[name]
        made_of = {weights_dir / file: one for one in bundle.checkpoints(weights_dir) for file in one.made}
        files = [_file(bundle.folder / file, made_of.get(weights_dir / file)) for file in bundle.files]
        here = not bundle.missing()
        return {"name": name, "title": bundle.title, "checks": bundle.checks, "files": files, "here": here}
    (one,) = catalogue.wanted(name, weights_dir)
    files = [_file(weights_dir / file, one) for file in one.made]
    addresses = [url for source in one.sources for url in source.weights.urls]
    here = all(file["here"] for file in files)
    return {
        "name": name,
        "title": one.title,
        "good_for": one.good_for,
        "addresses": addresses,
        "files": files,
        "here": here,
    }


def _file(path: Path, made_of: Checkpoint | None) -> Facts:
    facts: Facts = {"path": str(path), "here": path.is_file()}
    if made_of is not None:
        facts |= {"checkpoint": made_of.name, "licence": made_of.licence, "licence_source": made_of.licence_source}
    if path.is_file():
        facts["bytes"] = path.stat().st_size
        if path.suffix == ".safetensors":
            facts |= _weights(path)
    return facts


def _weights(path: Path) -> Facts:
    found = header.read(path)
    facts: Facts = {"what": header.describe(found.shapes), "parameters": found.parameters}
    record = provenance.read(path)
    if record is not None:
        origins = list(record.origins.values())
        facts |= {"source": origins[-1].source, "sha256": record.made.get(path.name)} if origins else {}
        facts["source_hash_published"] = any(origin.published for origin in origins)
    return facts


def lines(facts: Facts) -> Iterator[str]:
    """Write the facts of :func:`info` as lines."""
    yield f"{facts['name']}: {facts['title']}"
    if "good_for" in facts:
        yield f"  Good for: {facts['good_for']}"
    if "checks" in facts:
        yield f"  {CHECKS if facts['checks'] else CHECKS_NOT}"
    for file in facts["files"]:
        size = shown_size(file["bytes"]) if file["here"] else "missing"
        yield f"  {file['path']}  {size}" + (f"  {file['what']}" if "what" in file else "")
        yield from _details(file)
    for url in facts.get("addresses", ()):
        yield f"  Address: {url}"
    if not facts["here"]:
        yield f"  Fetch what is missing: python -m bot weights fetch {facts['name']}"


def _details(file: Mapping[str, Any]) -> Iterator[str]:
    if "parameters" in file:
        yield f"    {file['parameters'] / 1e6:,.1f} million parameters"
    if "checkpoint" in file and not file["path"].endswith(".yaml"):
        yield f"    made of {file['checkpoint']}; licence: {file['licence']} ({file['licence_source']})"
    if "source" in file:
        how = "as its publisher states it" if file["source_hash_published"] else "recorded here, stated by nobody"
        yield f"    from {file['source']}; its SHA-256 is {how}"


def files(names: Sequence[str] | None, weights_dir: Path) -> list[Path]:
    """Return the files of these bundles and checkpoints, or all files that are here if there are no names.

    Raises :class:`WeightsFailed`.
    """
    known = catalogue.bundles(weights_dir)
    found: dict[Path, None] = {}
    if not names:
        for bundle in known.values():
            found |= dict.fromkeys(bundle.folder / file for file in bundle.files)
        for one in catalogue.checkpoints().values():
            found |= dict.fromkeys(weights_dir / file for file in one.made)
        here = {path.resolve(): path for path in found if path.is_file()}
        if not here:
            raise WeightsFailed(f"There are no weights in {weights_dir}.")
        return list(here.values())
    for name in names:
        if name in known:
            found |= dict.fromkeys(known[name].folder / file for file in known[name].files)
        else:
            (one,) = catalogue.wanted(name, weights_dir)
            found |= dict.fromkeys(weights_dir / file for file in one.made)
    return list(found)


def shown_size(count: int) -> str:
    if count < 100_000:
        return f"{count / 1e3:,.1f} kB"
    return f"{count / 1e6:,.1f} MB" if count < 100_000_000 else f"{count / 1e6:,.0f} MB"
