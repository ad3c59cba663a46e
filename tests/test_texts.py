"""What members read stands in ``bot/texts``, so that it can be read and changed in one place.

Left out are the names and descriptions in decorators, which discord.py reads, and what is
said to operators and of the configuration alone, in the modules listed here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SENTENCE = re.compile(r"\w+ \S+ .*[.?!]$", re.DOTALL)
SILENT = ("log.", "ValueError", "RuntimeError", "Field", "typer.", "app_commands.")  # calls that no member reads of
ON_THE_COMMAND_LINE = {"connector", "faults"}
FOLDERS_THAT_SPEAK, FILES_THAT_SPEAK = {"texts", "cli"}, {"errors.py", "config.py", "doctor.py"}
FORM = re.compile(r"[,%]|\.\d+f")  # of a number


def parts(tree: ast.AST) -> Iterator[ast.AST]:
    """All but decorators, docstrings and other texts that stand alone, assertions, and what is silent."""
    if (isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant)) or isinstance(tree, ast.Assert):
        return
    if isinstance(tree, ast.Call) and ast.unparse(tree.func).startswith(SILENT):
        return
    yield tree
    if isinstance(tree, ast.JoinedStr):
        return
    left_out = getattr(tree, "decorator_list", [])
    for child in ast.iter_child_nodes(tree):
        if child not in left_out:
            yield from parts(child)


def texts(path: Path) -> Iterator[str]:
    """Every literal, of an f-string with {} in place of each value."""
    for part in parts(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(part, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in part.values)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def sentences(path: Path) -> list[str]:
    return [text for text in texts(path) if SENTENCE.search(text)]


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    return [path for path in found if path.parent.name not in FOLDERS_THAT_SPEAK and path.name not in FILES_THAT_SPEAK]


def test_a_cog_says_nothing_in_words_of_its_own() -> None:
    assert not {path.name: said for path in modules("cogs") if (said := sentences(path))}


def test_outside_of_the_wording_only_the_modules_listed_speak() -> None:
    of_discord = [path for path in modules("bot") if path.parent.name != "weights"]
    assert {path.stem for path in of_discord if sentences(path)} == ON_THE_COMMAND_LINE


def test_moments_are_told_by_the_wording_alone() -> None:
    everywhere = [*modules("bot"), *modules("cogs")]
    assert not {path.name for path in everywhere if any("<t:" in text for text in texts(path))}


def forms(path: Path) -> set[str]:
    """Format specifications, and texts in which a number stands before or between its units."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    specs = [node.format_spec for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) and node.format_spec]
    found = {ast.unparse(one).strip("f'\"") for one in specs if FORM.search(ast.unparse(one))}
    return found | {text for text in texts(path) if "{}" in text and re.search(r"\{\}×\{\}|\{\} [KMG]i?B\b", text)}


def test_numbers_and_sizes_have_their_form_in_one_place() -> None:
    paths = [path for folder in ("bot", "cogs") for path in sorted((ROOT / folder).rglob("*.py"))]
    of_members = [path for path in paths if path.parent.name not in ("weights", "cli") and path.name != "doctor.py"]
    assert {path.stem for path in of_members if forms(path)} == {"numbers"}


def test_a_number_that_has_a_form_of_its_own_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cog.py"
    for text in ('f"{many:,}"', 'f"{share:.0%}"', 'f"{loss:.3f}"', 'f"{width}×{height}"', 'f"{free // 2**20} MiB"'):
        path.write_text(f"say({text})\n")
        assert forms(path), text
    path.write_text("say(f'{job.id:x}')\n")
    assert not forms(path)


def test_a_text_that_bypasses_the_wording_is_found(tmp_path: Path) -> None:
    path = tmp_path / "cog.py"
    path.write_text(
        '"""A docstring is no text."""\nlog.info("nor is the %s log.", 1)\nsay(f"You cannot do {this} here.")\n'
    )
    assert sentences(path) == ["You cannot do {} here."]
