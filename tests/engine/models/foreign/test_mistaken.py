"""A web page, a pointer, an empty, packed or cut file in the place of weights is told for what it is."""

from __future__ import annotations

import copy
import gzip
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from engine.bundles import bundles
from engine.messages.mistaken import mistaken
from engine.models import convert, weights
from engine.models.foreign.files import SourceError
from tests import published

MISTAKEN = {
    "page": (b"<!DOCTYPE html>\n<html><head><title>Moved</title></head>", "is a web page"),
    "page after lines": (b"\xef\xbb\xbf\r\n\n  <html lang='en'>\n", "is a web page"),
    "old page": (b"<HTML><BODY>404</BODY></HTML>", "is a web page"),
    "wide page": ("\ufeff<html><body>".encode("utf-16-le"), "is a web page"),
    "refusal": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is a web page"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "only a Git LFS pointer"),
    "empty": (b"", "is empty"),
    "zeros": (bytes(5000), "is empty"),
    "gzip": (gzip.compress(b"weights"), "is packed with gzip"),
}
NO_WEIGHTS = {
    **MISTAKEN,
    "json": (b'{"error": "Invalid username or password."}', "is a text and not weights"),
    "words": (b"Entry not found", "is a text and not weights"),
    "bytes": (bytes(range(1, 256)), "cut off or of another kind"),
}


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".safetensors"])
@pytest.mark.parametrize("kind", sorted(NO_WEIGHTS))
def test_what_is_no_weights_says_what_it_is(tmp_path: Path, kind: str, suffix: str) -> None:
    content, told = NO_WEIGHTS[kind]
    (tmp_path / f"x{suffix}").write_bytes(content)
    config = published.write_yaml(published.vqgan_config(), tmp_path / "model.yaml")
    with pytest.raises(SourceError, match=told) as error:
        convert.convert_vqgan(tmp_path / f"x{suffix}", config, tmp_path / "out.safetensors")
    assert f"x{suffix}" in str(error.value) and "weights_only" not in str(error.value)
    if kind in MISTAKEN:
        with pytest.raises(SourceError, match=told):
            convert.convert_clip(tmp_path / f"x{suffix}", tmp_path / "out.safetensors", "0" * 64)
        with pytest.raises(weights.WeightsError, match=told):
            weights.load(tmp_path / f"x{suffix}")
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("kind", sorted(MISTAKEN))
def test_what_is_no_yaml_says_what_it_is(tmp_path: Path, kind: str) -> None:
    content, told = MISTAKEN[kind]
    (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(weights.WeightsError, match=told):
        weights.load_config(tmp_path / "x.yaml")


def places(table: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for key, value in table.items():
        found.append((*path, key))
        if isinstance(value, dict):
            found += places(value, (*path, key))
    return found


NEEDED = ("model", "params", "ddconfig", "n_embed", "embed_dim", "z_channels", "resolution", "in_channels", "out_ch",
          "ch", "ch_mult", "num_res_blocks", "attn_resolutions")  # fmt: skip


@pytest.mark.parametrize("value", [None, "words", [], {}, -1, 1.5, True, [None], "${no.such}", "${"])
def test_any_part_of_a_yaml_may_be_wrong_and_the_file_is_named(tmp_path: Path, value: Any) -> None:
    good = published.lightning_checkpoint(tmp_path / "good.ckpt", published.vqgan_state())
    for place in places(published.vqgan_config()):
        config = copy.deepcopy(published.vqgan_config())
        table = config
        for key in place[:-1]:
            table = table[key]
        table[place[-1]] = value
        (tmp_path / "x.yaml").write_text(yaml.safe_dump(config))
        try:
            convert.convert_vqgan(good, tmp_path / "x.yaml", tmp_path / "out.safetensors")
            assert place[-1] not in NEEDED or (place[-1] == "attn_resolutions" and value == []), place
        except SourceError as error:
            assert "x.yaml" in str(error) and "\n" not in str(error), place


@pytest.mark.parametrize("text", [
    "model: [", "model:\n\t- x", "- a\n- b", "3", "model: null", "model: {params: null}", "\x00", "{" * 20_000, "é: *x",
    "a: &a [x, x]\n" + "\n".join(f"{b}: &{b} [*{a}, *{a}]" for a, b in itertools.pairwise("abcdefghijklm")),
])  # fmt: skip
def test_a_damaged_yaml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(weights.WeightsError, match=r"x\.yaml") as error:
        weights.load_config(tmp_path / "x.yaml")
    assert len(str(error.value)) < 400 and "\n" not in str(error.value)


def test_weights_named_as_the_yaml_are_not_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "x.ckpt").write_bytes(bytes(range(256)) * 8000)
    with pytest.raises(weights.WeightsError, match="Name the yaml, not the weights"):
        weights.load_config(tmp_path / "x.ckpt")


@pytest.mark.parametrize(
    "text", ["model: [", "model: {params: {ddconfig: null}}", "<html></html>", "model: {params: 3}"]
)
def test_a_bundle_with_a_damaged_yaml_names_it(tmp_path: Path, weights_dir: Path, text: str) -> None:
    import shutil

    shutil.copytree(weights_dir, tmp_path / "weights")
    (tmp_path / "weights" / "starter" / "vqgan.yaml").write_text(text)
    with pytest.raises(weights.WeightsError, match=r"vqgan\.yaml"):
        bundles.load("starter", tmp_path / "weights", torch.device("cpu"))


def test_good_files_are_mistaken_for_nothing(weights_dir: Path, tmp_path: Path) -> None:
    for path in (weights_dir / "starter").iterdir():
        assert mistaken(path, text=path.suffix in (".yaml", ".json")) is None
    for length in (0x683C, 0x31683C, 0x2D2D213C):  # as bytes these lengths of a header spell "<h", "<h1" and "<!--"
        (tmp_path / "x").write_bytes(length.to_bytes(8, "little") + b'{"a":')
        assert mistaken(tmp_path / "x") is None
