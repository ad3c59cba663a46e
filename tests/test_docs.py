"""What the documents promise, held against the code."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.cli.app import app
from bot.operations import doctor

ROOT = Path(__file__).parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks/README.md", ROOT / "Makefile"]


def test_the_invite_links_ask_for_exactly_what_the_doctor_checks() -> None:
    for name in ("README.md", "docs/operator-guide.md"):
        links = re.findall(r"permissions=(\d+)", read(name))
        assert links, f"{name} has no invite link"
        assert {int(number) for number in links} == {doctor.NEEDED.value}, name


def test_the_permissions_table_adds_up() -> None:
    bits = [int(bit) for bit in re.findall(r"^ *\| [^|]+ \| (\d+) \|", read("docs/operator-guide.md"), re.MULTILINE)]
    assert sum(bits) == doctor.NEEDED.value


def test_every_file_that_the_documents_link_to_exists() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "weights/starter/MODEL_CARD.md"]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} links to {target}"


def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_heading_that_the_documents_link_to_exists() -> None:
    for document in documents():
        links = re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", document.read_text(encoding="utf-8"))
        for target, anchor in links:
            there = document.parent / target if target else document
            assert anchor in anchors(there), f"{document.name} links to {target}#{anchor}"


def test_every_program_that_a_document_starts_exists() -> None:
    for document in documents():
        for module in re.findall(r"-m ((?:bot|sandbox|training|benchmarks|tests)[\w.]*)", document.read_text("utf-8")):
            assert find_spec(module.rstrip(".")), f"{document.name} starts {module}"


def test_every_command_of_the_bot_that_a_document_names_exists() -> None:
    commands = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    commands |= {str(group.name) for group in app.registered_groups}
    for document in documents():
        for name in re.findall(r"python -m bot ([a-z][a-z-]+)", document.read_text("utf-8")):
            assert name in commands, f"{document.name} names python -m bot {name}"


def names_in(tree: ast.AST) -> set[str]:
    """Return every function, class and constant of a module, those of a class as ``Class.name``."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef(name=name):
                names |= {name, *(f"{name}.{inner}" for inner in names_in(node))}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_function_that_a_document_names_exists(document: str) -> None:
    named = re.findall(r"([\w/]+\.py):([A-Za-z_][\w.]*\w)", read(document))
    assert named, f"{document} names no function"
    for path, name in named:
        assert (ROOT / path).is_file(), f"{document} names {path}"
        assert name in names_in(ast.parse(read(path))), f"{document} names {path}:{name}"


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/operator-guide.md", "docs/engine.md"])
def test_every_path_that_a_document_names_exists(document: str) -> None:
    """Only names that begin with one of our folders count; others may be examples."""
    folders = "bot|cogs|engine|sandbox|training|benchmarks|migrations|tests|docs|examples"
    for path in re.findall(rf"`((?:{folders})/[\w./-]*)[`:]", read(document)):
        assert (ROOT / path).exists(), f"{document} names {path}"
