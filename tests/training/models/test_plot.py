"""The curves beside a training's log."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.models.loop import Training, run
from training.models.plot import Point, draw

HISTORY: list[Point] = [
    (step, step * 2.0, {"loss": 1 / step, **({"hidden": 0.5} if step % 3 == 1 else {})}) for step in range(1, 30)
]


def test_every_number_has_a_curve(tmp_path: Path) -> None:
    draw([(step, seconds, {"loss": numbers["loss"]}) for step, seconds, numbers in HISTORY], tmp_path / "one.png")
    draw(HISTORY, tmp_path / "two.png")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert one.format == "PNG" and two.width == one.width
        assert two.height == pytest.approx(2 * one.height, abs=2)
        pixels = np.asarray(two.convert("RGB")).astype(int)
    assert (pixels[..., 2] > pixels[..., 0] + 60).sum() > 500  # blue
    assert not list(tmp_path.glob("*.part"))


def test_nothing_logged_is_nothing_drawn(tmp_path: Path) -> None:
    draw([], tmp_path / "none.png")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_log_says_how_to_get_curves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with caplog.at_level(logging.WARNING):
        draw(HISTORY, tmp_path / "none.png")
    assert "faraday-bot[train]" in caplog.text and not list(tmp_path.iterdir())


class Falling(Training):
    """A training whose loss falls by rule."""

    parts = ()

    def step(self, number: int, progress: float) -> dict[str, float]:
        return {"loss": 1 / (1 + number)}


def test_a_training_draws_its_curves_and_goes_on_with_them_after_a_kill(tmp_path: Path) -> None:
    path, curves = tmp_path / "run.pt", tmp_path / "run.png"
    run(Falling(), path, 60, max_steps=5, log_every=-1)
    first = curves.read_bytes()
    run(Falling(), path, 60, max_steps=9, log_every=-1)
    history = torch.load(path, weights_only=True)["history"]
    assert [(step, numbers["loss"]) for step, _, numbers in history] == [(n, 1 / n) for n in range(1, 10)]
    assert curves.read_bytes() != first
    with Image.open(curves) as image:
        assert image.format == "PNG"


def test_curves_are_drawn_at_every_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr("training.models.loop.plot.draw", lambda history, path: drawn.append(len(history)))
    run(Falling(), tmp_path / "run.pt", 60, max_steps=3, log_every=-1, save_every=-1)
    assert drawn == [1, 2, 3, 3]


def test_checkpoints_from_before_there_were_curves_go_on(tmp_path: Path) -> None:
    torch.save({"number": 7, "seconds": 3.0, "training": {}}, tmp_path / "run.pt")
    assert run(Falling(), tmp_path / "run.pt", 60, max_steps=8, log_every=-1) == 8
    assert (tmp_path / "run.png").exists()
