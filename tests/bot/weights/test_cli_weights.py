"""``python -m bot weights``: what is printed, where, and with which exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.weights import catalogue

ROOT = Path(__file__).parents[3]
Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights_dir: Path) -> Invoke:
    """In this process, in a folder with the tiny starter: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(weights_dir, tmp_path / "weights")

    def call(*arguments: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, ["weights", *(str(argument) for argument in arguments)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    return call


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue of one CLIP whose address answers 404 to everything."""

    class Gone(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gone)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    entry = f"""
        [ViT-B-32]
        kind = "clip"
        title = "A CLIP"
        good_for = "tests"
        licence = "MIT"
        licence_source = "nowhere"
        weights = "clip/ViT-B-32.safetensors"
        [[ViT-B-32.sources]]
        sha256 = "{"0" * 64}"
        archive = ["http://127.0.0.1:{server.server_port}/ViT-B-32.pt"]
    """
    entries = catalogue.parse(entry)
    monkeypatch.setattr(catalogue, "checkpoints", lambda: entries)
    yield
    server.shutdown()
    server.server_close()


def test_list_shows_bundles_and_checkpoints_and_what_is_here(invoke: Invoke) -> None:
    code, out, _ = invoke("list")
    assert code == 0 and "openimages-gumbel" in out and "ViT-L-14-336px" in out and "[engine] bundles" in out
    code, out, _ = invoke("list", "--json")
    here = {row["name"]: row["here"] for row in json.loads(out)["bundles"]}
    assert code == 0 and here["starter"] is True and here["coco"] is False


def test_info_says_what_is_missing_and_how_to_fetch_it(invoke: Invoke) -> None:
    code, out, _ = invoke("info", "imagenet-16384")
    assert code == 0 and "licence: unknown" in out and "python -m bot weights fetch imagenet-16384" in out
    assert "It checks every picture" in out and "cannot tell unsafe pictures" in invoke("info", "starter")[1]
    code, out, _ = invoke("info", "ViT-B-32", "--json")
    assert code == 0 and json.loads(out)["addresses"][0].startswith("https://openaipublic")


def test_verify_of_what_changed_fails(invoke: Invoke) -> None:
    assert invoke("verify")[0] == 0
    Path("weights/starter/vit.safetensors").write_bytes(b"\xfetorn")
    code, out, _ = invoke("verify", "starter")
    assert code == 1 and "✗" in out and "no whole safetensors file" in out


def test_a_fetch_that_fails_says_what_each_address_did(invoke: Invoke, publisher: None) -> None:
    code, out, err = invoke("fetch", "imagenet-16384")
    assert (code, out) == (1, "")
    assert "answered 404 Not Found" in err and "weights convert ViT-B-32 FILE" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "says", "exits"),
    [
        (["fetch", "nope"], "There are no weights “nope”. Choose one of: starter, imagenet-16384", 1),
        (["info", "nope"], "There are no weights “nope”", 1),
        (["verify", "coco"], "is missing", 1),
        (["convert", "nope", "x.pt"], "There is no checkpoint “nope”", 1),
        (["convert", "ViT-B-32", "x.pt"], "x.pt is not a file here", 1),
        (["add", "mine", "--vqgan", "x.ckpt", "--config", "x.yaml"], "x.ckpt is not a file here", 1),
        (["add", "mine"], "--vqgan", 2),
        (["list", "--settings", "nowhere.toml"], "nowhere.toml does not exist", 2),
    ],
)
def test_what_cannot_be_done_is_said_without_a_stack_trace(
    invoke: Invoke, arguments: list[str], says: str, exits: int
) -> None:
    code, out, err = invoke(*arguments)
    assert code == exits and says in " ".join((out + err).split()) and "Traceback" not in err


def test_the_bot_that_fetches_weights_never_loads_torch() -> None:
    modules = "bot.cli.app, bot.cli.weights, bot.weights.fetch, bot.weights.adding"
    program = f"import {modules}, sys; sys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
