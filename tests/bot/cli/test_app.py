"""The command line: exit codes, what goes to which stream, and the same engine process as the bot's."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

import bot.cli.engine_run
import bot.cli.output
from bot.cli.app import app
from bot.engines.client import ProcessEngineClient
from bot.words import recipe
from engine.messages import Progress
from tests.bot import engine_children as children

Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FARADAY_TOKEN", raising=False)


@pytest.fixture
def invoke() -> Invoke:
    """In this process: (exit code, stdout, stderr)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout, done.stderr

    return call


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spawns the engine of the tests, whose prompts order what happens."""
    spawn = functools.partial(ProcessEngineClient, target=children.sketch)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", spawn)


@pytest.fixture
def config(tmp_path: Path, weights_dir: Path) -> Path:
    """Small random models in the real engine."""
    path = tmp_path / "config.toml"
    path.write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    return path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "bot", *(str(argument) for argument in arguments)]


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}


def test_imagine_writes_a_picture_that_carries_its_recipe(
    config: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    settings = ["--size", "32x48", "--iterations", "3", "--json"]
    imagine = command("imagine", "a red car at night", "--seed", 7, "--out", "car.png", *settings)
    done = subprocess.run(imagine, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    known = {"seed": 7, "size": "32x48", "iterations": 3, "device": "cpu", "path": "car.png", "stopped": False}
    assert {key: told[key] for key in known} == known
    assert 0 < told["loss"] < 10 and told["seconds"] > 0
    with Image.open("car.png") as picture:
        assert picture.size == (32, 48)
    assert recipe.read(Path("car.png").read_bytes()) == told["recipe"]
    assert "a red car at night --seed 7 --size 32x48 --iterations 3" in told["recipe"]


def test_ctrl_c_in_an_edit_keeps_the_partial_picture(config: Path, environment: dict[str, str], tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "blue").save("blue.png")
    edit = command("edit", "blue.png", "a red zebra", "--iterations", 2000, "--size", "32x32", "--strength", "0.5")
    with subprocess.Popen(
        edit, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stderr
        for line in process.stderr:  # said when the run begins
            if "zebra" in line:
                break
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the engine gets it too
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    line, path = out.splitlines()
    assert re.fullmatch(r"a-red-zebra-\d+\.png", path)
    assert recipe.read(Path(path).read_bytes()) == line
    assert "--strength 0.5" in line and "input" in line


def test_a_second_ctrl_c_leaves_at_once(invoke: Invoke, scripted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupts = interrupt_at_iterations(monkeypatch, 3, 4)
    code, out, err = invoke("imagine", "an endless sea nobody stops", "--json")
    assert (code, out) == (130, "")
    assert "Interrupted." in err
    assert interrupts == [3, 4]
    assert not list(Path().glob("*.png"))


def interrupt_at_iterations(monkeypatch: pytest.MonkeyPatch, *iterations: int) -> list[int]:
    """Ctrl-C once at each of them; returns those that came."""
    came: list[int] = []
    real = bot.cli.engine_run.Reporter

    def show(**calls: Any) -> bot.cli.engine_run.Reporter:
        def step(event: Progress) -> None:
            calls["step"](event)
            if event.iteration in iterations:
                came.append(event.iteration)
                os.kill(os.getpid(), signal.SIGINT)

        return real(**(calls | {"step": step}))

    monkeypatch.setattr(bot.cli.output, "Reporter", show)
    return came


def test_ctrl_c_while_the_models_load_leaves_at_once(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = functools.partial(ProcessEngineClient, target=children.never_ready)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", spawn)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    code, out, err = invoke("imagine", "a red car")
    timer.join()
    assert (code, out) == (130, "")
    assert "Interrupted." in err


def test_an_engine_that_dies_is_a_failure(invoke: Invoke, scripted: None) -> None:
    code, out, err = invoke("imagine", "poison", "--json")
    assert (code, out) == (1, "")
    assert "The engine was killed by SIGKILL." in err and "doctor" in err


def test_what_the_engine_refuses_is_bad_usage(invoke: Invoke, scripted: None) -> None:
    code, out, err = invoke("imagine", "failing", "--json")
    assert (code, out) == (2, "")
    assert "Write it anew." in err


def test_words_that_the_bundle_does_not_know_are_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = functools.partial(ProcessEngineClient, target=children.sketch_of_few_words)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", spawn)
    monkeypatch.setattr(recipe, "stamp", lambda png, line: png)
    code, out, err = invoke("imagine", "a red astronaut", "--out", "red.png", "--json")
    assert code == 0 and json.loads(out)["path"] == "red.png"
    known = "I do not know “astronaut”. I know things like car. Try: a blue car"
    assert err.strip() == known
    code, out, err = invoke("imagine", "an astronaut", "--json")
    assert (code, out) == (2, "")
    assert err.strip() == f"There is nothing in that prompt that I could paint. {known}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["imagine"], "Describe the picture"),
        (["imagine", " "], "Describe the picture"),
        (["imagine", "fog:-1"], "Give at least one a weight above 0"),
        (["imagine", "a" * 1001], "Please shorten it"),
        (["imagine", "a car", "--size", "huge"], "width x height"),
        (["imagine", "a car", "--seed", "-2"], "from 0 to 18446744073709551615"),
        (["imagine", "a car", "--seed", "seven"], "--seed"),
        (["imagine", "a car", "--strength", "2"], "from 0 (keep"),
        (["imagine", "a car", "--iterations", "0"], "a whole number from 1"),
        (["imagine", "a car", "--bundle", "nope"], "There is: starter."),
        (["imagine", "a car", "--out", "car.jpg"], "Name the picture car.png."),
        (["imagine", "a car", "--out", "no/such/folder/car.png"], "does not exist"),
        (["imagine", "a car", "--init", "nowhere.png"], "nowhere.png cannot be read: No such file"),
        (["imagine", "a car", "--config", "nowhere.toml"], "nowhere.toml does not exist"),
        (["edit", "words.txt", "a car"], "not a picture I can read"),
        (["edit", "cut.png", "a car"], "damaged or cut short"),
        (["run"], "FARADAY_TOKEN"),
    ],
)
def test_bad_usage_says_what_to_do_and_starts_no_engine(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.delattr(bot.cli.engine_run, "ProcessEngineClient")
    Path("words.txt").write_text("a car")
    Image.effect_noise((64, 64), 50).save("whole.png")
    Path("cut.png").write_bytes(Path("whole.png").read_bytes()[:900])
    code, out, err = invoke(*arguments)
    assert (code, out) == (2, "")
    assert says in " ".join(err.split())
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--size", "640x640"], "paints up to 4,096 here"),
        (["--iterations", "1001"], "Choose from 1 to 1,000."),
    ],
)
def test_limits_of_the_bundle_are_bad_usage(invoke: Invoke, scripted: None, arguments: list[str], says: str) -> None:
    code, out, err = invoke("imagine", "a car", *arguments)
    assert (code, out) == (2, "")
    assert says in err


def test_migrate_makes_the_database_and_run_needs_it_usable(invoke: Invoke, tmp_path: Path) -> None:
    code, out, err = invoke("migrate")
    assert code == 0 and re.fullmatch(r"The database is at revision \d{4}\.\n", out) and not err
    assert (tmp_path / "data/faraday.db").exists()
    Path("config.toml").write_text(f'[queue]\ndatabase = "sqlite+aiosqlite:///{tmp_path}/config.toml"\n')
    code, out, err = invoke("migrate")
    assert (code, out) == (1, "")
    assert "config.toml is not a database" in err


def test_neither_the_command_line_nor_its_parents_import_torch(environment: dict[str, str]) -> None:
    program = "import bot.__main__, bot.cli.app, bot.operations.doctor, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def test_what_a_spawned_engine_imports_of_the_program_is_nothing(environment: dict[str, str]) -> None:
    """It imports the main module once more, under another name."""
    program = "import bot.__main__, sys; sys.exit(any(name in sys.modules for name in ('typer', 'discord')))"
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
