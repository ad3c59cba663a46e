"""The speed benchmark in small: tiny models, one pair, real processes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import typer
from torch import nn
from typer.testing import CliRunner

from benchmarks import plain
from benchmarks.speed import __main__ as command
from benchmarks.speed import company, race
from benchmarks.speed.phases import PHASES, Phases
from benchmarks.speed.race import Look
from training.picturebook.picture import Picture

SMALL = ["--models", "small", "--sizes", "32", "--cutouts", "2", "--iterations", "1", "--pairs", "1", "--threads", "1"]
ENTRY = """
title = "Small"
vqgan = { weights = "vqgan.safetensors", config = "vqgan.yaml" }
perceptors = ["vit.safetensors", "resnet.safetensors"]
width = 32
height = 32
iterations = 3
iterations_edit = 3
iterations_upscale = 3
strength = 0.5
max_pixels = 4096
max_iterations = 100
phrases = "picture-book"
[cutouts]
count = 2
"""


@pytest.fixture(scope="module")
def folder(weights_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights with one bundle, ``small``, that paints small pictures in few iterations."""
    root = tmp_path_factory.mktemp("bundles")
    shutil.copytree(weights_dir / "starter", root / "small")
    (root / "small" / "bundle.toml").write_text(ENTRY)
    return root


def run(*arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    app.command()(command.main)
    done = CliRunner().invoke(app, [*SMALL, *arguments])
    return done.exit_code, done.stdout, done.output


def test_the_command_compares_races_and_ends_with_one_object(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    circle = Picture(thing="circle", colour="red", background="white")
    monkeypatch.setattr(race, "listed", lambda which, count: [circle][:count])  # the true list takes long to make
    code, stdout, output = run(
        *("--jobs", "1,2", "--weights", str(folder), "--prompts", "1", "--bundle", "small", "--race-iterations", "3"),
        *("--pictures", str(tmp_path), "--json"),
    )
    assert code == 0, output
    figures = json.loads(stdout.splitlines()[-1])
    assert figures.keys() == {"rows", "time_to_loss_ratio", "machine"}
    assert [(row["size"], row["cutouts"], row["jobs"]) for row in figures["rows"]] == [(32, 2, 1), (32, 2, 2)]
    for row in figures["rows"]:
        assert row.keys() == {"size", "cutouts", "jobs", "ratio", "seconds_per_iteration", "peak_mb"}
        assert row["ratio"] > 0 and row["seconds_per_iteration"] > 0 and row["peak_mb"] > 50
    assert figures["time_to_loss_ratio"] is None or figures["time_to_loss_ratio"] > 0
    assert "1 threads of" in figures["machine"]
    assert (tmp_path / "sheet.png").is_file() and (tmp_path / "plain-1-3.png").is_file()
    for word in (*PHASES, "idle", "plain, malloc set", "attributes", "1 prompts"):
        assert word in output


def test_company_is_measured_with_the_memory_that_a_run_needs(folder: Path) -> None:
    app = typer.Typer()
    app.command()(company.main)
    asked = ["small", "--size", "32", "--cutouts", "2", "--jobs", "2", "--iterations", "1", "--weights", str(folder)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures.keys() == {"in_turn", "together", "gain", "reckoned_mb", "used_mb"}
    assert figures["reckoned_mb"] > 0 and abs(figures["used_mb"]) < 100  # the process may have had so little already


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    code, _, output = run("--weights", str(tmp_path))
    assert code == 1 and "no bundle" in output
    code, _, output = run("--jobs", "none")
    assert code == 2 and "none" in output


def looks(*losses: float) -> list[Look]:
    each = enumerate(losses, start=1)
    return [Look(iteration=i, seconds=2.0 * i, loss=loss, cutout_loss=2 * loss, png="") for i, loss in each]


def test_the_race_counts_the_first_time_that_the_loss_is_reached() -> None:
    (end,) = looks(0.7)
    for by in ("loss", "cutout_loss"):
        first = race.reached(looks(0.9, 0.7, 0.8, 0.6), end, by)
        assert first is not None and first.iteration == 2
        assert race.reached(looks(0.9), end, by) is None


def test_the_race_is_told_by_the_whole_picture_that_each_perceptor_sees() -> None:
    torch.manual_seed(0)
    texts = [torch.randn(1, 3), torch.randn(1, 12)]
    sees = [nn.Flatten(), nn.Flatten()]
    made = plain.Models(decode=nn.Identity(), codebook=torch.zeros(1, 1), perceptors=sees, sizes=[1, 2], texts=texts)
    image = torch.rand(1, 3, 8, 8)
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (plain.MEAN, plain.STD))
    small = [image.mean((2, 3), keepdim=True), image.unfold(2, 4, 4).unfold(3, 4, 4).mean((4, 5))]
    seen = [((one - mean) / std).flatten(1) for one in small]
    expected = sum(plain.distance(one, text) for one, text in zip(seen, texts, strict=True)) / 2
    assert float(race.whole_loss(made, image)) == pytest.approx(float(expected), rel=1e-5)


def test_one_that_never_reaches_the_loss_counts_as_slowest() -> None:
    end = looks(0.5) * 3
    assert race.ratio_of(end, [*looks(0.5), *looks(0.5), None]) == 1.0
    assert race.ratio_of(end, [*looks(0.5), None, None]) is None


def test_the_time_of_a_step_is_split_by_phase_forward_and_back() -> None:
    decoder, perceptor = nn.Linear(4, 4), nn.Linear(4, 2)
    z = torch.zeros(1, 4, requires_grad=True)
    marks: list[str] = []
    phases = Phases(torch.device("cpu"))
    mark = phases.mark
    phases.mark = lambda phase: (marks.append(phase), mark(phase))[1]  # type: ignore[method-assign, func-returns-value]
    with phases.watching(decoder, [perceptor]):
        phases.step(lambda: perceptor(decoder(z) * 2).sum().backward())
    assert marks == [
        *("optimiser", "decode", "warp", "perceptor"),
        *("optimiser", "perceptor", "warp", "decode", "optimiser"),
    ]
    assert set(phases.seconds) == set(PHASES)
    marks.clear()
    decoder(z)
    assert not marks
