"""`python -m bot describe`: the real engine once, with small random models; what goes wrong before it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import bot.cli.describe
from bot.cli.app import app

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("a car")
    Image.new("RGB", (64, 48), "red").save("red.png")


def test_describe_prints_a_sentence_and_the_phrases_of_each_kind(weights_dir: Path) -> None:
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "bot", "describe", "red.png", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sentence"] and told["seconds"] > 0
    for phrases in told["kinds"].values():
        assert all(0 < one["share"] <= 1 and one["phrase"] for one in phrases)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["words.txt"], "not a picture I can read"),
        (["nowhere.png"], "nowhere.png cannot be read: No such file"),
        (["red.png", "--bundle", "nope"], "There is: starter."),
    ],
)
def test_bad_usage_says_what_to_do_and_starts_no_engine(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.delattr(bot.cli.describe, "ProcessEngineClient")
    done = CliRunner().invoke(app, ["describe", *arguments])
    assert done.exit_code == 2 and not done.stdout
    assert says in " ".join(done.stderr.split())
