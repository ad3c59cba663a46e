"""The bot's process must stay small: nothing it imports brings torch in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVERYTHING = """
import importlib, pkgutil, sys
import bot, cogs
for package in (bot, cogs):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
assert "discord" in sys.modules
heavy = {"torch", "clip", "taming", "kornia"} & set(sys.modules)
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_importing_the_bot_and_every_cog_leaves_torch_unloaded() -> None:
    done = subprocess.run([sys.executable, "-c", EVERYTHING], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_cog_is_loaded_by_the_bot() -> None:
    from bot.app import COGS

    files = {f"cogs.{path.stem}" for path in (ROOT / "cogs").glob("*.py")} - {"cogs.__init__"}
    assert set(COGS) == files
