"""Options by good habits: short ones, help and the version."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image

import bot.cli.engine_run
from bot.cli.app import app
from tests.bot.cli.test_pictures import call, told
from tests.bot.engine_thread import ThreadEngineClient

SHORT = {
    "--out": "-o", "--seed": "-s", "--iterations": "-n", "--bundle": "-b", "--init": "-i", "--mask": "-m",
    "--prompt": "-p", "--config": "-c",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    Image.linear_gradient("L").resize((32, 48)).convert("RGB").save("in.png")


def commands(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    for one, command in getattr(group, "commands", {}).items():
        yield f"{name} {one}".strip(), command
        yield from commands(command, one)


def test_a_short_option_is_the_same_in_every_command() -> None:
    found: dict[str, set[str]] = {}
    for name, command in commands(typer.main.get_command(app)):
        for param in command.params:
            for short in [one for one in param.opts if len(one) == 2]:
                found.setdefault(short, set()).update(one for one in param.opts if one.startswith("--"))
            long = SHORT.keys() & set(param.opts)
            if long and not (name.startswith("weights") and "--config" in long):  # there it is the VQGAN's yaml
                assert SHORT[long.pop()] in param.opts, f"{name}: {param.opts}"
    assert found == {short: {long} for long, short in SHORT.items()}


def test_short_options_say_what_the_long_ones_say() -> None:
    long = told(
        "paint", "a red car", "--seed", 7, "--iterations", 2, "--init", "in.png", "--size", "32x48", "--bundle",
        "starter", "--config", "config.toml", "--out", "a.png",
    )  # fmt: skip
    short = told(
        "paint", "a red car", "-s", 7, "-n2", "-i", "in.png", "--size=32x48", "-b", "starter", "-c", "config.toml",
        "-o", "b.png",
    )  # fmt: skip
    assert short["recipe"] == long["recipe"] and (short["path"], long["path"]) == ("b.png", "a.png")


@pytest.mark.parametrize(
    "settings",
    [
        ("-seed", "7", "-size", "32x48", "-iterations", "1", "-cutouts", "4"),
        ("-size=32x48", "-seed=7", "-iterations=1", "-cutouts=4"),
        ("--cutouts", "4", "-n", "1", "-s", "7", "--size", "32x48"),
    ],
    ids=["one dash", "one dash and =", "short"],
)
def test_one_dash_before_a_name_is_two(settings: tuple[str, ...]) -> None:
    recipe = told("paint", "a red car", *settings)["recipe"]
    assert recipe.startswith("a red car --seed 7 --size 32x48 --iterations 1") and "--cutouts 4" in recipe


def test_negative_numbers_are_values() -> None:
    recipe = told(
        "paint", "a red car | circle:-1", "-n", 1, "-s", -1, "--size", "32x48", "--init", "in.png",
        "--replace", "a circle", "--region-threshold", "-0.5",
    )["recipe"]  # fmt: skip
    assert recipe.startswith("a red car | circle:-1 --seed") and "--region-threshold -0.5" in recipe


@pytest.mark.parametrize("arguments", [["--version"], ["-V"]])
def test_the_version_is_told(arguments: list[str]) -> None:
    assert call(*arguments).strip() == f"Faraday {version('faraday-bot')}"


@pytest.mark.parametrize("command", [name for name, _ in commands(typer.main.get_command(app))])
def test_every_command_has_help_by_both_names(command: str) -> None:
    assert call(*command.split(), "-h") == call(*command.split(), "--help")
    assert call(*command.split(), "-h").startswith("Usage:")
