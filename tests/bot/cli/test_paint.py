"""Settings of the commands that paint: each does what the help says, wherever it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

import bot.cli.engine_run
from bot.words import recipe
from tests.bot.cli.test_pictures import call, pixels, told
from tests.bot.engine_thread import ThreadEngineClient

ONCE = ("--iterations", "1")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bot.cli.engine_run, "ProcessEngineClient", ThreadEngineClient)
    Path("config.toml").write_text(f'[engine]\nweights_dir = "{weights_dir}"\nthreads = 1\ndevice = "cpu"\n')
    Image.linear_gradient("L").resize((32, 48)).convert("RGB").save("in.png")


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize(
    "arguments",
    [
        ("edit", "in.png", "a red car", "--upscale"),
        ("paint", "a red car", "--init", "in.png", "--upscale"),
        ("imagine", "a red car", "--init", "in.png", "--upscale"),
        ("upscale", "in.png", "--prompt", "a red car", "--by"),
    ],
    ids=lambda arguments: arguments[0],
)
@pytest.mark.parametrize("painted", [True, False], ids=["painted here", "from elsewhere"])
def test_each_way_to_enlarge_enlarges(arguments: tuple[str, ...], factor: int, painted: bool) -> None:
    if painted:
        call("paint", "a blue car", "--size", "32x48", *ONCE, "--out", "in.png")
    made = told(*arguments, factor, *ONCE, "--out", "out.png")
    with Image.open("out.png") as picture:
        size = picture.size
    assert made["size"] == f"{size[0]}x{size[1]}" and f"--upscale {factor}" in made["recipe"]
    assert made["recipe"].startswith("a red car --seed")
    assert size == (32 * factor, 48 * factor) if painted else min(size) >= 16 * factor


@pytest.mark.parametrize("command", ["paint", "edit", "upscale"])
@pytest.mark.parametrize("name", ["--strength", "--seed"])
def test_strength_and_seed_count_in_every_command(command: str, name: str) -> None:
    first, second = {"--strength": ("0.2", "0.9"), "--seed": ("5", "6")}[name]
    arguments = {
        "paint": ("paint", "a red car", "--init", "in.png", "--size", "32x48"),
        "edit": ("edit", "in.png", "a red car", "--size", "32x48"),
        "upscale": ("upscale", "in.png", "--prompt", "a red car"),
    }[command]
    other = ("--seed", "5") if name == "--strength" else ("--strength", "0.5")
    made = [
        told(*arguments, "--iterations", "4", *other, name, value, "--out", f"{value}.png") for value in (first, second)
    ]
    for one, value in zip(made, (first, second), strict=True):
        assert f"{name} {value}" in one["recipe"]
    assert pixels(f"{first}.png") != pixels(f"{second}.png")
    again = told(*arguments, "--iterations", "4", *other, name, first, "--out", "again.png")
    assert again["recipe"] == made[0]["recipe"] == recipe.read(Path("again.png").read_bytes())
    assert pixels("again.png") == pixels(f"{first}.png")


@pytest.mark.parametrize(("width", "height"), [(333, 666), (2000, 500), (512, 512)])
def test_a_size_that_is_too_large_is_answered_with_one_of_that_shape(width: int, height: int) -> None:
    refused = call("paint", "a red car", *ONCE, "--size", f"{width}x{height}", code=2)
    found = re.search(r"for example (\d+)x(\d+)\.", refused)
    assert found, refused
    made = told("paint", "a red car", *ONCE, "--size", f"{found[1]}x{found[2]}")
    assert made["size"] == f"{found[1]}x{found[2]}"
    assert int(found[1]) / int(found[2]) == pytest.approx(width / height, rel=0.1)
