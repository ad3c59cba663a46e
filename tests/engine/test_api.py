from __future__ import annotations

import functools
import runpy
from pathlib import Path

import pytest
from PIL import Image

import engine


def test_a_notebook_paints_watches_and_edits(weights_dir: Path) -> None:
    losses = []
    for step in engine.generate("a red car", size=(32, 32), iterations=3, seed=5, weights_dir=weights_dir):
        losses.append(step.loss)
    assert (step.iteration, step.iterations, step.seed) == (3, 3, 5)
    assert len(losses) == 3
    painted = step.image
    assert painted.size == (32, 32)
    for step in engine.generate(
        "a blue car", init_image=painted, size=(32, 32), iterations=2, seed=5, strength=0.5, weights_dir=weights_dir
    ):
        losses.append(step.loss)
    assert len(losses) == 5
    assert step.image.tobytes() != painted.tobytes()


def test_leaving_the_loop_early_keeps_the_partial_picture(weights_dir: Path) -> None:
    for step in engine.generate("a red car", size=(32, 32), iterations=50, weights_dir=weights_dir):
        if step.iteration == 2:
            break
    assert isinstance(step.image, Image.Image)
    assert 0 <= step.seed < 2**32


def test_a_request_that_cannot_be_painted_is_refused_before_the_first_step(weights_dir: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        engine.generate(" ", weights_dir=weights_dir)


def test_the_notebook_in_the_docs_runs(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = functools.partial(engine.generate, weights_dir=weights_dir, size=(32, 32), iterations=2)
    monkeypatch.setattr(engine, "generate", small, raising=False)
    cells = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "notebook.py"))
    assert len(cells["losses"]) == 2
    assert cells["step"].image.size == cells["painted"].size == (32, 32)
