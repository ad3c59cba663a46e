from __future__ import annotations

import functools
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import engine
from engine.messages import Precision, SpecError


def test_a_notebook_paints_watches_and_edits(weights_dir: Path) -> None:
    losses = []
    for step in engine.generate("a red car", size=(32, 32), iterations=3, seed=1, weights_dir=weights_dir):
        losses.append(step.loss)
    assert (step.iteration, step.iterations, step.seed) == (3, 3, 1)
    assert len(losses) == 3
    painted = step.image
    assert painted.size == (32, 32)
    for step in engine.generate(
        "a blue car", init_image=painted, size=(32, 32), iterations=2, seed=1, strength=0.9, weights_dir=weights_dir
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


def test_a_precision_may_be_given_by_its_name(weights_dir: Path) -> None:
    asked: dict[str, Any] = {"weights_dir": weights_dir, "iterations": 1, "seed": 1, "size": (32, 32)}
    by_name = list(engine.generate("a red circle", precision="bf16", **asked))[-1].image
    assert (
        by_name.tobytes()
        == list(engine.generate("a red circle", precision=Precision.BF16, **asked))[-1].image.tobytes()
    )
    assert by_name.tobytes() != list(engine.generate("a red circle", precision="fp32", **asked))[-1].image.tobytes()
    with pytest.raises(SpecError, match=r"precision.*fp32, bf16"):
        engine.generate("a red circle", precision="fp16", **asked)


def test_the_notebook_in_the_docs_runs(weights_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = functools.partial(engine.generate, weights_dir=weights_dir, size=(32, 32), iterations=2)
    monkeypatch.setattr(engine, "generate", small, raising=False)
    cells = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "notebook.py"))
    assert len(cells["losses"]) == 2
    assert cells["step"].image.size == cells["painted"].size == (32, 32)


def test_a_killed_process_resumes_from_its_file_bit_for_bit(weights_dir: Path, tmp_path: Path) -> None:
    saved = tmp_path / "car.checkpoint"
    settings = f"size=(32, 32), iterations=5, seed=1, weights_dir={str(weights_dir)!r}, device='cpu'"
    code = (
        "import os, pathlib, signal, engine\n"
        f"for step in engine.generate('a red car', {settings}, save_to=pathlib.Path({str(saved)!r}), save_every=2):\n"
        "    if step.iteration == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    died = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert died.returncode == -signal.SIGKILL
    *_, unbroken = engine.generate(
        "a red car", size=(32, 32), iterations=5, seed=1, weights_dir=weights_dir, device="cpu"
    )
    steps = list(engine.resume(saved, weights_dir=weights_dir, device="cpu", save_to=saved))
    assert [step.iteration for step in steps] == [3, 4, 5]
    assert torch.equal(steps[-1].run.z, unbroken.run.z)
    longer = list(engine.resume(saved, iterations=6, weights_dir=weights_dir, device="cpu"))
    assert [step.iteration for step in longer] == [6]
    other = list(engine.resume(saved, iterations=6, prompt="a blue car", weights_dir=weights_dir, device="cpu"))
    assert not torch.equal(other[-1].run.z, longer[-1].run.z)


@pytest.mark.parametrize("door", ["generate", "resume"])
def test_unknown_words_are_named_in_the_log_before_the_first_step(
    door: str, weights_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked: dict[str, Any] = {"weights_dir": weights_dir, "device": "cpu"}
    if door == "generate":
        engine.generate("a red zeppelin", size=(32, 32), **asked)
    else:
        *_, step = engine.generate("a red car", size=(32, 32), iterations=1, **asked)
        assert not caplog.records
        engine.resume(step.run.checkpoint(), prompt="a red zeppelin", iterations=2, **asked)
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "I do not know “zeppelin”" in record.message
    with pytest.raises(ValueError, match="nothing in that prompt that I could paint"):
        engine.generate("a zeppelin", **asked)
