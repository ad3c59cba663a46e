"""What the documents promise, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

from bot.operations import doctor

ROOT = Path(__file__).parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


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
