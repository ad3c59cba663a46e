"""From the catalogue to weights that the engine loads: a local publisher, synthetic files, real conversions."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from bot.backoff import Backoff
from bot.errors import WeightsFailed
from bot.weights import catalogue, header, overview, provenance
from bot.weights.adding import Own, add
from bot.weights.catalogue import Checkpoint, RemoteFile, Source
from bot.weights.fetch import Fetcher, convert_file
from bot.weights.provenance import Provenance
from bot.weights.transfer import Patience, TransferReport
from bot.weights.verify import verify
from tests.bot.weights.shelf import Shelf

QUICK = Patience(stall=2.0, attempts=3, backoff=Backoff(first=0.01, longest=0.02))
Fetch = Callable[..., Awaitable[bool]]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the publisher has: a VQGAN with its yaml, another one, a CLIP, and a pickle that runs code."""
    import torch

    from tests import published

    folder = tmp_path_factory.mktemp("originals")
    published.lightning_checkpoint(folder / "last.ckpt", published.vqgan_state())
    published.write_yaml(published.vqgan_config(), folder / "model.yaml")
    published.lightning_checkpoint(folder / "other.ckpt", {**published.vqgan_state(), "loss.y": torch.ones(1)})
    published.clip_archive(folder / "tiny.pt")
    (folder / "bomb.ckpt").write_bytes(b"cos\nsystem\n(S'touch BOOM'\ntR.")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def vqgan(shelf: Shelf, originals: dict[str, bytes]) -> Checkpoint:
    shelf.files |= originals
    return entry("vqgan", Source(weights=remote(shelf, "last.ckpt"), config=remote(shelf, "model.yaml")))


@pytest.fixture
def clip(shelf: Shelf, originals: dict[str, bytes]) -> Checkpoint:
    shelf.files |= originals
    sha256 = hashlib.sha256(originals["tiny.pt"]).hexdigest()
    return entry("clip", Source(weights=RemoteFile(urls=(shelf.url("tiny.pt"),), sha256=sha256)))


def remote(shelf: Shelf, *names: str) -> RemoteFile:
    return RemoteFile(urls=tuple(shelf.url(name) for name in names))


def entry(kind: str, *sources: Source) -> Checkpoint:
    return Checkpoint(
        name=f"tiny-{kind}", kind=kind, title="Tiny", good_for="tests", licence="unknown",  # type: ignore[arg-type]
        licence_source="nowhere", weights=f"tiny/{kind}.safetensors", sources=sources,
    )  # fmt: skip


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def fetch(tmp_path: Path, said: list[str]) -> Fetch:
    async def fetch(checkpoint: Checkpoint, *, again: bool = False) -> bool:
        report = TransferReport(say=said.append, at=lambda done, total: None)
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            fetcher = Fetcher(weights_dir=tmp_path / "weights", session=session, report=report, patience=QUICK)
            return await fetcher.fetch(checkpoint, again=again)

    return fetch


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "weights" / "tiny").iterdir())


async def test_a_vqgan_is_fetched_converted_and_recorded_and_a_later_change_is_refused(
    fetch: Fetch, vqgan: Checkpoint, shelf: Shelf, originals: dict[str, bytes], tmp_path: Path, said: list[str]
) -> None:
    shelf.faults = ["", "drop"]
    assert await fetch(vqgan)
    assert files(tmp_path) == ["vqgan.provenance.json", "vqgan.safetensors", "vqgan.yaml"]
    made = tmp_path / "weights" / "tiny" / "vqgan.safetensors"
    found = header.read(made)
    assert header.describe(found.shapes) == "VQGAN, f = 4, 16 codes of 8 numbers"
    sha256 = hashlib.sha256(originals["last.ckpt"]).hexdigest()
    assert found.metadata["source"] == shelf.url("last.ckpt") and found.metadata["source_sha256"] == sha256
    record = provenance.read(made)
    assert record and record.origins[shelf.url("last.ckpt")].sha256 == sha256
    assert not record.origins[shelf.url("last.ckpt")].published
    assert any(sha256 in line and "recorded" in line for line in said)
    assert [verdict.well async for verdict in verify([made, made.with_suffix(".yaml")])] == [True, True]
    asked = len(shelf.asked)
    assert not await fetch(vqgan) and len(shelf.asked) == asked

    before = made.read_bytes()
    shelf.files["last.ckpt"] = originals["other.ckpt"]
    with pytest.raises(WeightsFailed, match="gives another file than when it was first fetched") as error:
        await fetch(vqgan, again=True)
    assert "vqgan.provenance.json and fetch again" in str(error.value)
    assert made.read_bytes() == before
    made.unlink()
    with pytest.raises(WeightsFailed, match="gives another file"):
        await fetch(vqgan)


async def test_a_clip_is_held_to_its_published_hash(
    fetch: Fetch, clip: Checkpoint, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.faults = ["corrupt"]
    with pytest.raises(WeightsFailed, match=r"not the published[\s\S]*weights convert tiny-clip FILE"):
        await fetch(clip)
    assert "clip.safetensors" not in files(tmp_path)
    assert await fetch(clip)
    made = tmp_path / "weights" / "tiny" / "clip.safetensors"
    found = header.describe(header.read(made).shapes)
    assert found == "CLIP ViT with patches of 16 px, input 32 px, text of up to 16 tokens"
    record = provenance.read(made)
    assert record and [origin.published for origin in record.origins.values()] == [True]


async def test_a_pickle_that_runs_code_is_fetched_removed_and_never_run(
    fetch: Fetch, vqgan: Checkpoint, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shelf.files["last.ckpt"] = shelf.files["bomb.ckpt"]
    with pytest.raises(WeightsFailed, match="cannot be used, which I removed"):
        await fetch(vqgan)
    assert not (tmp_path / "BOOM").exists()
    assert not list((tmp_path / "weights").rglob("*.ckpt*"))
    shutil.rmtree(tmp_path / "weights")
    pickle.loads(shelf.files["bomb.ckpt"])
    assert (tmp_path / "BOOM").exists(), "the bomb works where nobody takes care"


async def test_the_next_source_is_asked_and_never_mixed_with_the_first(
    fetch: Fetch, shelf: Shelf, originals: dict[str, bytes], tmp_path: Path
) -> None:
    shelf.files |= {name: originals[name] for name in ("last.ckpt", "model.yaml")} | {"wrong.yaml": b"model: 3"}
    first = Source(weights=remote(shelf, "absent.ckpt"), config=remote(shelf, "wrong.yaml"))
    second = Source(weights=remote(shelf, "absent.ckpt", "last.ckpt"), config=remote(shelf, "model.yaml"))
    assert await fetch(entry("vqgan", first, second))
    assert files(tmp_path) == ["vqgan.provenance.json", "vqgan.safetensors", "vqgan.yaml"]


async def test_what_verify_finds_wrong_is_said(weights_dir: Path, tmp_path: Path) -> None:
    made, yaml, record = (tmp_path / f"vqgan.{suffix}" for suffix in ("safetensors", "yaml", "provenance.json"))
    for file in (made, yaml):
        shutil.copy(weights_dir / "starter" / file.name, file)
    await provenance.write(made, Provenance(checkpoint="x", licence="y", made=await provenance.hashes([made, yaml])))
    assert [verdict.well async for verdict in verify([made, yaml])] == [True, True]
    whole = made.read_bytes()
    made.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    yaml.unlink()
    texts = [(verdict.well, verdict.text) async for verdict in verify([made, yaml])]
    assert texts[0][0] is False and texts[0][1].startswith("has changed since it was made")
    assert texts[1][0] is False and "it is missing" in texts[1][1]
    made.write_bytes(whole[:-9])
    ((well, text),) = [(verdict.well, verdict.text) async for verdict in verify([made])]
    assert well is False and "no whole safetensors file" in text
    made.write_bytes(whole)
    record.write_text("{")
    ((well, text),) = [(verdict.well, verdict.text) async for verdict in verify([made])]
    assert well is False and "Remove it to have the weights recorded anew" in text
    record.unlink()
    ((well, text),) = [(verdict.well, verdict.text) async for verdict in verify([made])]
    assert well is None and "no record" in text


async def test_a_file_from_elsewhere_is_converted_as_the_checkpoint_that_it_is(
    clip: Checkpoint, vqgan: Checkpoint, shelf: Shelf, originals: dict[str, bytes], tmp_path: Path
) -> None:
    for name in ("tiny.pt", "last.ckpt", "model.yaml", "other.ckpt"):
        (tmp_path / name).write_bytes(originals[name])
    weights = tmp_path / "weights"
    await convert_file(clip, tmp_path / "tiny.pt", None, weights)
    record = provenance.read(weights / "tiny" / "clip.safetensors")
    assert record and record.origins["file"].published and record.origins["file"].source == "tiny.pt"
    with pytest.raises(WeightsFailed, match="name its yaml too"):
        await convert_file(vqgan, tmp_path / "last.ckpt", None, weights)
    with pytest.raises(WeightsFailed, match=r"nowhere\.ckpt is not a file here"):
        await convert_file(vqgan, tmp_path / "nowhere.ckpt", tmp_path / "model.yaml", weights)
    assert not shelf.asked


async def test_a_vqgan_of_ones_own_becomes_a_bundle_that_the_engine_loads(
    originals: dict[str, bytes], weights_dir: Path, tmp_path: Path
) -> None:
    for name in ("last.ckpt", "model.yaml", "bomb.ckpt"):
        (tmp_path / name).write_bytes(originals[name])
    weights = tmp_path / "weights"
    vit = weights_dir / "starter" / "vit.safetensors"
    own = Own(
        name="mine", vqgan=tmp_path / "last.ckpt", config=tmp_path / "model.yaml", perceptors=(str(vit), "ViT-B-32"),
        title='My "own" ö',
    )  # fmt: skip
    assert await add(own, weights) == ["ViT-B-32"]
    bundle = catalogue.bundles(weights)["mine"]
    assert bundle.title == 'My "own" ö'
    assert bundle.missing() == ["../clip/ViT-B-32.safetensors"]
    assert [one.name for one in catalogue.wanted("mine", weights)] == ["ViT-B-32"]
    with pytest.raises(WeightsFailed, match="already"):
        await add(own, weights)
    with pytest.raises(WeightsFailed, match="is a text and not weights"):
        await add(Own(name="bad", vqgan=tmp_path / "bomb.ckpt", config=tmp_path / "model.yaml"), weights)
    assert sorted(path.name for path in weights.iterdir()) == ["mine"]
    (weights / "clip").mkdir()
    shutil.copy(vit, weights / "clip" / "ViT-B-32.safetensors")
    import torch

    from engine.bundles import bundles

    assert bundles.load("mine", weights, torch.device("cpu")).info().f == 4


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Big Name"}, "cannot be the name of a bundle"),
        ({"name": "starter"}, "already"),
        ({"vqgan": Path("nowhere.ckpt")}, "nowhere.ckpt is not a file"),
        ({"perceptors": ("ViT-Z",)}, "“ViT-Z” is no perceptor"),
        ({"perceptors": ("model.safetensors",)}, "is a text and not weights"),
    ],
)
async def test_a_bundle_that_cannot_be_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("last.ckpt", "model.yaml", "model.safetensors"):
        (tmp_path / name).write_bytes(b"x")
    fields: dict[str, object] = {"name": "mine", "vqgan": Path("last.ckpt"), "config": Path("model.yaml")}
    with pytest.raises(WeightsFailed, match=told):
        await add(Own(**{**fields, **changes}), Path("weights"))  # type: ignore[arg-type]
    assert not (tmp_path / "weights").exists()


def test_every_bundle_of_the_table_is_shipped_or_made_of_the_catalogue() -> None:
    weights = Path(__file__).parents[3] / "weights"
    known = catalogue.bundles(weights)
    named = {"starter", "imagenet-16384", "imagenet-1024", "coco", "wikiart", "faceshq", "sflckr", "openimages-gumbel"}
    assert named <= set(known)
    for bundle in known.values():
        made = {file for one in bundle.checkpoints(weights) for file in one.made}
        assert all((bundle.folder / file).is_file() or file in made for file in bundle.files), bundle.name


def test_the_catalogue_says_of_each_checkpoint_where_it_is_what_it_is_and_its_licence() -> None:
    entries = catalogue.checkpoints()
    clips = [one for one in entries.values() if one.kind == "clip"]
    assert len(clips) == 9 and len(entries) == 18
    for one in entries.values():
        assert one.title and one.good_for and one.licence in ("MIT", "unknown") and one.licence_source
        for source in one.sources:
            assert all(url.startswith("http") for url in source.weights.urls)
            assert (one.kind == "vqgan") == (source.config is not None)
    for one in clips:
        (source,) = one.sources
        assert source.weights.sha256 and all(source.weights.sha256 in url for url in source.weights.urls)
        assert one.weights == f"clip/{one.name}.safetensors"


def test_what_a_shipped_bundle_consists_of_is_read_from_its_files() -> None:
    facts = overview.info("starter", Path(__file__).parents[3] / "weights")
    kinds = [file.get("what", "") for file in facts["files"]]
    assert kinds[0].startswith("VQGAN, f = 8, 2,048 codes") and kinds[2].startswith("CLIP ViT with patches of 8 px")
    assert json.loads(json.dumps(facts)) == facts and facts["here"]
