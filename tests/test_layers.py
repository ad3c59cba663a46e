"""The layers of ARCHITECTURE.md, enforced: which package may import what, and what stays unloaded."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"bot", "cogs", "engine", "sandbox", "training", "benchmarks", "migrations"}

# Third-party roots and our own modules that a layer may import. The standard library and numpy go without saying.
ENGINE = {"torch", "kornia", "safetensors", "omegaconf", "PIL", "av", "psutil", "clip", "taming", "engine"}
BOT = {
    "discord",
    "sqlalchemy",
    "alembic",
    "aiohttp",
    "PIL",
    "rich",
    "typer",
    "click",
    "pydantic",
    "pydantic_core",
    "prometheus_client",
    "regex",
    "migrations",
}
ALLOWED = {
    "engine": ENGINE,
    "bot": {*BOT, "bot", "engine.messages"},
    "cogs": {"discord", "bot", "cogs", "engine.messages"},
    "sandbox": {"aiohttp", "trustme", "rich", "pydantic", "sandbox", "jsonschema", "referencing", "PIL"},
    "training": {*ENGINE, "training", "typer", "matplotlib", "rich"},
    "benchmarks": {*ENGINE, "training", "benchmarks", "typer", "rich"},
    "migrations": {"alembic", "sqlalchemy", "bot"},
}
MESSAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "engine" / "messages").rglob("*.py"))
LOAD = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "benchmarks" / "load").rglob("*.py"))
EXCEPTIONS = {
    **{
        name: {"benchmarks.load", "bot", "sandbox", "engine.messages", "PIL", "rich", "sqlalchemy", "typer"}
        for name in LOAD
    },
    **{name: {"engine.messages"} for name in MESSAGES},
    "bot/words/grids.py": {*ALLOWED["bot"], "engine.sheet"},
    "bot/images/masks.py": {*ALLOWED["bot"], "engine.drawn"},
    "bot/engines/client.py": {*ALLOWED["bot"], "engine.serve.process"},
}


def modules() -> list[Path]:
    return [path for layer in ALLOWED for path in sorted((ROOT / layer).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    """Every module named by an import statement, however deep; ``from a import b`` also as ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def permitted(name: str, allowed: set[str]) -> bool:
    root = name.partition(".")[0]
    if root in sys.stdlib_module_names or root in {"numpy", "__future__"}:
        return True
    return any(name == entry or name.startswith(f"{entry}.") for entry in allowed)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_its_layer_may(path: Path) -> None:
    relative = path.relative_to(ROOT)
    allowed = EXCEPTIONS.get(str(relative), ALLOWED[relative.parts[0]])
    breaches = [name for name in imports(path) if not permitted(name, allowed)]
    if relative.parts[0] == "cogs":
        breaches += [name for name in imports(path) if name.startswith("cogs.")]  # no cog knows another
    assert not breaches, f"{relative} may not import {sorted(breaches)}"


def loaded_after(statement: str) -> set[str]:
    """The top-level packages loaded in a fresh interpreter after ``statement``."""
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
    assert not {"discord", "aiohttp", "sqlalchemy", "bot", "cogs"} & loaded_after(
        "import engine.serve.loop, engine.api"
    )
