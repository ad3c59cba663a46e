"""What the documents promise, held against the code."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

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
