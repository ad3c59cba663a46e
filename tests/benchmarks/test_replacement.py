from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.alignment.scenes import Naming, replacements
from benchmarks.judge.judge import Judge
from benchmarks.options import PromptList
from benchmarks.paint import PaintSettings
from benchmarks.replacement import measure


def test_the_thing_alone_becomes_another_and_the_lists_share_no_look() -> None:
    for naming in Naming:
        for scene in replacements(PromptList.DEV, 20, naming):
            before, after = scene.edit.before, scene.edit.after
            assert before.thing != after.thing and (before.colour, before.style) == (after.colour, after.style)
            assert scene.source != scene.target and ("red" in scene.source) <= (naming is Naming.COLOURED)
    dev, test = ({scene.edit.prompt for scene in replacements(which, 20, Naming.BARE)} for which in PromptList)
    assert not dev & test


def test_replacements_are_painted_and_every_figure_is_given(weights_dir: Path, untrained: Judge) -> None:
    console = Console(file=io.StringIO(), width=160)
    settings = PaintSettings(
        weights_dir=weights_dir, size=32, iterations=1, cutouts=2, more=(("region_threshold", 0.0),)
    )
    figures, scenes, results, right = measure(
        untrained, settings, PromptList.DEV, 2, Naming.COLOURED, False, 1, console
    )  # fmt: skip
    assert len(scenes) == len(results) == len(right) == figures["scenes"] == 2
    assert figures["outside_difference"] == 0 and 0 <= figures["iou"] <= 1
    assert figures["changed"] == pytest.approx(sum(right) / 2) and figures["before"] in (0, 0.5, 1)
    assert all(result.mask.size == result.after.size == (32, 32) for result in results)
    assert "IoU" in console.file.getvalue()  # type: ignore[attr-defined]
