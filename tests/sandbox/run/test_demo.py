"""``python -m sandbox demo``."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.run import demo

ROOT = Path(__file__).parents[3]


async def test_a_bot_that_cannot_start_ends_the_demo_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_toml", lambda sections: "[discord]\nno_such_setting = 1\n")
    out = io.StringIO()
    assert await demo.run(Console(file=out, width=200), tmp_path / "out") == 1
    assert "The bot ended by itself." in out.getvalue() and "no_such_setting" in out.getvalue()
    assert not (tmp_path / "out").exists()


@pytest.mark.soak
def test_the_demo_paints_edits_and_reruns(tmp_path: Path, weights_dir: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "demo", "--out", str(tmp_path), "--weights", str(weights_dir)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=310, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(list(tmp_path.glob("faraday-*.png"))) == 3
    assert "reacts 🔁" in ended.stdout and "/edit" in ended.stdout
