"""docs/features.md has a row for everything that members and operators can use, and each row a test that exists."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import discord
from discord import app_commands

from bot import errors
from bot.app import COGS
from bot.components import picture_buttons
from bot.config import Config
from bot.domain.rating import EMOJI
from bot.domain.setting import Values
from cogs import removal
from tests.e2e.scripted import ScriptedEngine, new_bot

ROOT = Path(__file__).parent.parent
CONTEXT_MENUS = 5  # of one type, which is what discord.py takes
COMMAND_CHARACTERS = 8000


class Row(NamedTuple):
    kind: str
    name: str
    tests: list[str]


def rows() -> list[Row]:
    table = [line for line in (ROOT / "docs/features.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    return [Row(kind, name, re.findall(r"`([^`]+)`", tests)) for kind, name, _, tests in cells]


def documented(kind: str) -> set[str]:
    return {row.name for row in rows() if row.kind == kind}


def named_tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions) and node.name.startswith("test")}


def test_every_row_names_tests_that_exist() -> None:
    found = {row.name: row.tests for row in rows()}
    assert len(found) > 100
    known: dict[str, set[str]] = {}
    for name, tests in found.items():
        assert tests, f"{name} names no test"
        for test in tests:
            file, _, function = test.partition("::")
            if file not in known:
                known[file] = named_tests(ROOT / file)
            assert function in known[file], f"{name}: {test} does not exist"


def commands(tree: app_commands.CommandTree[discord.Client]) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for command in tree.walk_commands():
        if isinstance(command, app_commands.Command):
            yield command


async def test_every_command_option_button_and_context_menu_has_a_row(tmp_path: Path) -> None:
    queue = {"database": f"sqlite+aiosqlite:///{tmp_path}/faraday.db", "files": str(tmp_path)}
    async with new_bot(Config.model_validate({"queue": queue}), ScriptedEngine()) as bot:
        for cog in COGS:
            await bot.load_extension(cog)
        offered = list(commands(bot.tree))
        assert documented("command") == {f"/{command.qualified_name}" for command in offered}
        assert documented("option") == {
            f"/{command.qualified_name} {option.display_name}" for command in offered for option in command.parameters
        }
        menus = [menu.name for type_ in (2, 3) for menu in bot.tree.get_commands(type=discord.AppCommandType(type_))]
        assert documented("context menu") == set(menus) and len(menus) <= CONTEXT_MENUS
        for command in bot.tree.get_commands():
            assert len(str(command.to_dict(bot.tree))) <= COMMAND_CHARACTERS, command.name


def test_every_button_has_a_row() -> None:
    from bot.components.button import HostButton
    from bot.components.card_buttons import _DISPOSALS, _LABELS
    from bot.components.report_buttons import LABELS

    items = {cls.__name__ for cls in HostButton.__subclasses__()}
    assert {"ActionButton", "PageButton"} <= items
    named = documented("button")
    assert {name.partition(":")[0] for name in named} == items
    assert {f"ActionButton: {label}" for label in _LABELS.values()} <= named
    assert {f"DisposalButton: {label}" for label in _DISPOSALS.values()} <= named
    assert {f"VerdictButton: {label}" for label in LABELS.values()} <= named
    assert {f"SequelButton: {label}" for label in picture_buttons.LABELS.values()} <= named


def test_every_setting_and_reaction_has_a_row() -> None:
    fields = {f"[{name}] {field}" for name, section in Config() for field in type(section).model_fields}
    assert documented("setting") == fields | set(Values.model_fields)
    assert {emoji.rstrip("\ufe0f") for emoji in (*picture_buttons.EMOJI.values(), *EMOJI.values(), removal.DELETE)} == {
        emoji.rstrip("\ufe0f") for emoji in documented("reaction")
    }


def test_every_refusal_has_a_row() -> None:
    classes = inspect.getmembers(errors, inspect.isclass)
    refusals = {name for name, cls in classes if issubclass(cls, errors.UserError)} - {"UserError"}
    assert documented("refusal") == refusals
