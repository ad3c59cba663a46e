"""The drawings of things: packages under free licences, fetched from the npm registry by name and version.

Nothing of them is committed, and nothing needs them at run time. ``NOTICE`` at the top of the repository names their
authors and licences.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

import resvg_py
from PIL import Image

from training.things.table import Thing, things

SIDE: Final = 256  # pixels of a drawing's raster


class CorpusError(Exception):
    """The corpus cannot be fetched or read; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A package of drawings by one designer."""

    name: str  # the folder of its drawings
    package: str  # in the npm registry
    version: str
    licence: str
    author: str
    unseen: bool = False  # kept for the judge: no model that paints ever sees it


VENDORS: Final = (
    Vendor(
        name="flat",
        package="@iconify-json/fluent-emoji-flat",
        version="1.2.6",
        licence="MIT",
        author="Fluent Emoji, Microsoft Corporation",
    ),
    Vendor(
        name="3d",
        package="@lobehub/fluent-emoji-3d",
        version="1.1.0",
        licence="MIT",
        author="Fluent Emoji, Microsoft Corporation; packaged by LobeHub",
    ),
    Vendor(
        name="noto",
        package="@iconify-json/noto",
        version="1.2.9",
        licence="Apache-2.0",
        author="Noto Emoji, Google Inc.",
    ),
    Vendor(
        name="twemoji",
        package="@iconify-json/twemoji",
        version="1.2.5",
        licence="CC-BY-4.0",
        author="Twemoji, Twitter, Inc. and other contributors",
    ),
    Vendor(
        name="openmoji",
        package="@iconify-json/openmoji",
        version="1.2.29",
        licence="CC-BY-SA-4.0",
        author="OpenMoji, HfG Schwäbisch Gmünd",
        unseen=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One drawing of a thing."""

    thing: Thing
    vendor: str
    name: str
    path: Path  # a PNG of SIDE × SIDE pixels, RGBA


def fetch(folder: Path) -> Iterator[tuple[Vendor, int]]:
    """Fetch each package into ``folder`` and draw what the table names; yields a vendor and its drawings when done.

    What is there already is kept, so that an interrupted fetch goes on. Raises :class:`CorpusError`.
    """
    if shutil.which("npm") is None:
        raise CorpusError("npm is not here. Install Node.js, which brings it, and try again.")
    for vendor in VENDORS:
        archive = _archive(vendor, folder)
        yield vendor, _draw_all(vendor, archive, folder / vendor.name)


def drawings(folder: Path, *, unseen: bool = False) -> list[Drawing]:
    """Return the drawings that :func:`fetch` made, of the vendors for training or of the ``unseen`` ones.

    Raises :class:`CorpusError` if there are none.
    """
    found = [
        Drawing(thing=thing, vendor=vendor.name, name=name, path=path)
        for vendor in VENDORS
        if vendor.unseen == unseen
        for thing in things().values()
        for name in thing.drawings
        if (path := folder / vendor.name / f"{name}.png").exists()
    ]
    if not found:
        raise CorpusError(f"There are no drawings in {folder}. Run: python -m training corpus")
    return found


def _archive(vendor: Vendor, folder: Path) -> Path:
    """Return the package's archive, fetched unless it is there."""
    stem = vendor.package.removeprefix("@").replace("/", "-")
    path = folder / "packages" / f"{stem}-{vendor.version}.tgz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{vendor.package}@{vendor.version}"]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if done.returncode or not path.exists():
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CorpusError(
            f"{vendor.package} {vendor.version} could not be fetched: {said[-1] if said else 'no answer'}"
        )
    return path


def _draw_all(vendor: Vendor, archive: Path, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name for thing in things().values() for name in thing.drawings}
    missing = {name for name in wanted if not (folder / f"{name}.png").exists()}
    if missing:
        read = _pictures if vendor.name == "3d" else _vectors
        for name, image in read(archive, missing):
            beside = folder / f".{name}.new"
            image.save(beside, format="PNG")
            beside.replace(folder / f"{name}.png")
    return sum((folder / f"{name}.png").exists() for name in wanted)


def _vectors(archive: Path, names: set[str]) -> Iterator[tuple[str, Image.Image]]:
    """Yield the rasters of a package of Iconify's form: one JSON with the inside of each SVG."""
    table = json.loads(_member(archive, "icons.json"))
    for name in sorted(names):
        found = table.get("aliases", {}).get(name, {})
        icon = table["icons"].get(found.get("parent", name))
        if icon is not None:
            yield name, rasterised(icon, table)


def rasterised(icon: dict[str, Any], table: dict[str, Any]) -> Image.Image:
    """Return an icon of an Iconify table as RGBA, :data:`SIDE` pixels high and wide."""
    width, height = icon.get("width", table.get("width", 16)), icon.get("height", table.get("height", 16))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{icon.get("left", 0)} {icon.get("top", 0)} {width} {height}">{icon["body"]}</svg>'
    )
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _pictures(archive: Path, names: set[str]) -> Iterator[tuple[str, Image.Image]]:
    """Yield the pictures of the 3D package, whose files bear code points instead of names."""
    codes = _codes(archive.parent)
    with tarfile.open(archive) as package:
        files = {PurePosixPath(member.name).stem: member for member in package if member.name.endswith(".webp")}
        for name in sorted(names):
            member = next((files[code] for code in codes.get(name, ()) if code in files), None)
            content = package.extractfile(member) if member else None
            if content is not None:
                image = Image.open(io.BytesIO(content.read())).convert("RGBA")
                yield name, image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


@cache
def _codes(packages: Path) -> dict[str, list[str]]:
    """Return the code points of each name, as the flat drawings of the same design list them."""
    flat = VENDORS[0]
    found: dict[str, list[str]] = {}
    for code, name in json.loads(_member(_archive(flat, packages.parent), "chars.json")).items():
        found.setdefault(name, []).extend([code, f"{code}-fe0f", re.sub(r"-fe0f\b", "", code)])
    return found


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as package:
        content = package.extractfile(f"package/{name}")
        if content is None:
            raise CorpusError(f"{archive} has no {name}. Delete it and try again.")
        return content.read()


def opened(path: Path) -> Image.Image:
    """Return the picture in a file, read whole, as RGBA."""
    with Image.open(path) as image:
        return image.convert("RGBA")


def sheet(found: list[Drawing], side: int = 40, columns: int = 40) -> Image.Image:
    """Return a sheet for the eye: things from a to z in rows of ``columns``, the vendors' drawings below each other."""
    names, vendors = sorted({one.thing.name for one in found}), sorted({one.vendor for one in found})
    rows = -(-len(names) // columns)
    page = Image.new("RGB", (side * columns, side * len(vendors) * rows), "lightgray")
    for one in reversed(found):  # a thing's first drawing comes last, on top
        row, column = divmod(names.index(one.thing.name), columns)
        image = opened(one.path).resize((side, side), Image.Resampling.LANCZOS)
        page.paste(image, (side * column, side * (row * len(vendors) + vendors.index(one.vendor))), image)
    return page
