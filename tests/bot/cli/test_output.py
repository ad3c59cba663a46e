"""What a command that paints prints: one line of JSON, or the recipe and the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

import bot.cli.engine_run
from bot.cli.app import app
from bot.words import recipe
from tests.bot.cli.test_app import interrupt_at_iterations
from tests.bot.cli.test_pictures import call
from tests.bot.engine_thread import ThreadEngineClient

ONCE = ("--size", "32x48", "--iterations", "1")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    Image.new("RGB", (32, 48), "blue").save("in.png")


def strict(text: str) -> dict[str, Any]:
    """The one line of JSON, by the letter of the standard."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    (line,) = text.splitlines()
    answer: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return answer


COMMANDS = {
    "paint": ("paint", "a red car", *ONCE),
    "strength 0": ("edit", "in.png", "a red car", "--strength", "0", *ONCE),
    "strength 0 after the words": ("paint", "a red car --strength 0", "--init", "in.png", *ONCE),
    "strength 0, enlarged": ("upscale", "in.png", "--prompt", "a red car", "--strength", "0", "--iterations", "1"),
    "a region": ("edit", "in.png", "--replace", "a circle", "--with", "a car", "--region-threshold", "0.2", *ONCE),
    "grid": ("grid", "a red car", "--seeds", "1-2", *ONCE),
    "grid of strength 0": ("grid", "a red car --strength 0", "--seeds", "1-2", *ONCE),
    "describe": ("describe", "in.png"),
    "weights list": ("weights", "list"),
    "weights info": ("weights", "info", "starter"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_json_is_json(name: str) -> None:
    strict(call(*COMMANDS[name], "--json"))


def test_no_loss_is_null() -> None:
    assert strict(call(*COMMANDS["strength 0"], "--json"))["loss"] is None


def test_a_stopped_run_is_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_at_iterations(monkeypatch, 1)
    told = strict(call("paint", "a red car", "--size", "32x48", "--iterations", "400", "--json", code=130))
    assert told["stopped"] and told["iterations"] < 400


@pytest.mark.parametrize("also", [(), ("--json",), ("--out", "b.png"), ("--checkpoint", "a.run")], ids=str)
def test_after_ctrl_c_it_is_said_where_it_stopped_and_what_is_kept(
    also: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_at_iterations(monkeypatch, 2)
    done = CliRunner().invoke(
        app, ["paint", "a red car", "--size", "32x48", "--iterations", "400", "--seed", "7", *also]
    )
    assert done.exit_code == 130
    kept = "b.png" if "--out" in also else "a-red-car-7.png"
    told = re.search(rf"^Stopped at (\d+) of 400, kept in {kept}\.(.*)$", " ".join(done.stderr.split()))
    assert told and 2 <= int(told[1]) < 400
    assert Path(kept).exists() and f"--iterations {told[1]} " in str(recipe.read(Path(kept).read_bytes()))
    assert told[2] == (" `resume a.run` goes on from there." if "--checkpoint" in also else "")


def test_after_ctrl_c_in_a_grid_it_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_at_iterations(monkeypatch, 2)
    size = ["--size", "32x48", "--iterations", "400"]
    done = CliRunner().invoke(app, ["grid", "a red car", "--seeds", "1-3", *size, "--out", "cars"])
    assert done.exit_code == 130
    assert re.search(r"^Stopped at \d+ of 400 in picture 1 of 3, kept in cars\.$", " ".join(done.stderr.split()))
