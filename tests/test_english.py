"""Two rules of plain English that a machine can check: short sentences, and docstrings that begin with one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("benchmarks", "bot", "cogs", "engine", "migrations", "sandbox", "training")
LONGEST = 35  # words
_FRAGMENT = re.compile(r"(?:Of|What|Whether|How|Where|Who|When|As|For|None|Nothing|Everything|Without|The|A|An)\b")
_CLAUSE = re.compile(r", (?:return|raise|yield|get|take|make|do)")


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of plain text, lists item by item."""
    for item in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text):
        yield from re.split(r"(?<=[.!?:])\s+", " ".join(item.split()))


def documents() -> list[Path]:
    hidden = (".venv", ".git", "node_modules")
    return sorted(path for path in ROOT.rglob("*.md") if not any(part in hidden for part in path.parts))


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_of_a_document_is_longer_than_people_like_to_read(path: Path) -> None:
    text = re.sub(r"```.*?```|<[^>]+>|!?\[([^]]*)\]\([^)]*\)", r"\1", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    plain = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(("|", "    ")))
    assert [one for one in sentences(plain) if len(one.split()) > LONGEST] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_function_does_is_told_by_an_imperative_and_in_short_sentences(package: str) -> None:
    wrong = []
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not (told := ast.get_docstring(node)):
                continue
            first = next(sentences(told))
            if _FRAGMENT.match(first) and not _CLAUSE.search(first):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {first}")
            prose = re.sub(r"::\n\n(?: +.*\n?|\n)+", ".\n\n", told)
            wrong += [
                f"{path.relative_to(ROOT)}:{node.lineno} {s}" for s in sentences(prose) if len(s.split()) > LONGEST
            ]
    assert wrong == []
