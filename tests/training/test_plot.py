"""The curves beside a training's log."""

import logging
import sys
from pathlib import Path

import pytest
from PIL import Image

from training.plot import Point, draw

HISTORY: list[Point] = [
    (step, step * 2.0, {"loss": 1 / step, **({"hidden": 0.5} if step % 3 == 1 else {})}) for step in range(1, 30)
]


def test_every_number_has_a_curve(tmp_path: Path) -> None:
    draw([(step, seconds, {"loss": numbers["loss"]}) for step, seconds, numbers in HISTORY], tmp_path / "one.png")
    draw(HISTORY, tmp_path / "two.png")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "two.png") as two:
        assert one.format == "PNG" and two.width == one.width
        assert two.height == pytest.approx(2 * one.height, abs=2)
        blue = sum(count for count, (r, _, b) in two.convert("RGB").getcolors(10**6) or [] if b > r + 60)
    assert blue > 500
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
