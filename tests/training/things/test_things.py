"""The table of things and the drawings that show them."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from training.things import corpus, table

ROOT = Path(__file__).parents[3]
CIRCLE = {"body": '<circle cx="8" cy="8" r="8" fill="#f00"/>'}


def test_at_least_four_hundred_things_have_all_that_a_caption_and_a_scene_need() -> None:
    known = table.things()
    assert len(known) >= 400
    for thing in known.values():
        assert thing.name and thing.plural and thing.drawings and thing.colours, thing
        assert thing.article in ("a", "an", "the", ""), thing
        assert thing.article != "a" or thing.name[0] not in "aeio", f"{thing.phrase}: an?"


def test_each_word_means_one_thing() -> None:
    known = table.words()
    for word, name in {"puppy": "dog", "spaceship": "rocket", "couch": "sofa", "knight": "jockey"}.items():
        assert known[word].name == name, word
    assert known["owls"].phrase == "an owl" and known["wolves"].name == "wolf"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[a]\ncat = { colours = ['mauve'], place = 'stands', size = 3 }", "cat: colours must be some of"),
        ("[a]\ncat = { colours = ['red'], place = 'sits', size = 3 }", "cat: place is one of stands, flies"),
        ("[a]\ncat = { colours = ['red'], place = 'lies', size = 9 }", "size from 1 to 5"),
        ("[a]\ncat = { colour = 'red' }", "cat: unknown fields colour"),
        ("[a]\ncat = { colours = ['red'], place = 'lies', size = 1 }\n[b]\ncat = { colours = ['red'], place = 'lies', "
         "size = 1 }", "cat stands twice"),
        ("cat", "is no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_table_is_named(written: str, says: str) -> None:
    with pytest.raises(table.TableError, match=says):
        table.read(written)


@pytest.mark.parametrize(
    ("name", "plural"), [("cat", "cats"), ("box", "boxes"), ("fairy", "fairies"), ("key", "keys"), ("bus", "buses")]
)
def test_regular_plurals(name: str, plural: str) -> None:
    assert table.plural_of(name) == plural


def packed(path: Path, files: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as package:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            package.addfile(info, BytesIO(content))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Packages as npm packs them, with one drawing each, where a fetch puts them."""
    pytest.importorskip("resvg_py")
    icons = {
        "width": 16,
        "height": 16,
        "icons": {"owl": CIRCLE, "fox": CIRCLE},
        "aliases": {"tiger": {"parent": "fox"}},
    }
    webp = BytesIO()
    Image.new("RGBA", (40, 40), "blue").save(webp, format="WEBP", lossless=True)
    for vendor in corpus.VENDORS:
        stem = vendor.package.removeprefix("@").replace("/", "-")
        files = {
            "icons.json": json.dumps(icons).encode(),
            "chars.json": b'{"1f989": "owl"}',
            "1f989.webp": webp.getvalue(),
        }
        packed(tmp_path / "packages" / f"{stem}-{vendor.version}.tgz", files)
    return tmp_path


def test_what_the_packages_have_of_the_table_is_drawn_once(folder: Path) -> None:
    assert {vendor.name: many for vendor, many in corpus.fetch(folder)} == {
        "flat": 3, "3d": 1, "noto": 3, "twemoji": 3, "openmoji": 3
    }  # fmt: skip
    seen, unseen = corpus.drawings(folder), corpus.drawings(folder, unseen=True)
    assert {one.vendor for one in seen} == {"flat", "3d", "noto", "twemoji"} and {one.vendor for one in unseen} == {
        "openmoji"
    }
    owl = {one.vendor: corpus.opened(one.path) for one in seen if one.thing.name == "owl"}
    middle, corner = owl["flat"].getpixel((128, 128)), owl["flat"].getpixel((1, 1))
    assert middle == (255, 0, 0, 255) and corner == (0, 0, 0, 0) and owl["flat"].size == (corpus.SIDE, corpus.SIDE)
    assert owl["3d"].getpixel((128, 128)) == (0, 0, 255, 255)
    (folder / "noto" / "owl.png").write_bytes(b"kept")
    list(corpus.fetch(folder))
    assert (folder / "noto" / "owl.png").read_bytes() == b"kept"
    assert corpus.sheet(unseen, side=8, columns=2).size == (8 * 2, 8 * 2)


def test_without_npm_or_drawings_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(corpus.CorpusError, match="python -m training corpus"):
        corpus.drawings(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(corpus.CorpusError, match="npm is not here"):
        list(corpus.fetch(tmp_path))


def test_the_notice_names_every_package_with_its_version_and_licence() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for vendor in corpus.VENDORS:
        assert f"{vendor.package} {vendor.version}" in notice and vendor.author.partition(",")[0] in notice
