"""What stays unloaded in a fresh interpreter. Who may import whom is a contract in ``.importlinter``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def loaded_after(statement: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter has loaded after ``statement``."""
    code = f"import sys; {statement}; sys.stdout.write(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_bot_and_every_cog_leaves_torch_unloaded() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for layer in ("bot", "cogs")
        for path in sorted((ROOT / layer).rglob("*.py"))
        if path.stem != "__main__"
    ]
    assert len(names) > 10
    assert "torch" not in loaded_after("import " + ", ".join([*names, "bot.__main__"]))


def test_importing_the_engine_and_its_process_leaves_torch_unloaded_until_it_is_used() -> None:
    assert "torch" not in loaded_after("import engine, engine.serve.process, engine.messages")


def test_the_engine_loads_no_part_of_the_bot() -> None:
    loaded = loaded_after("import engine.serve.loop, engine.api")
    assert not {"discord", "aiohttp", "sqlalchemy", "bot", "cogs"} & loaded
