"""Write and read the engine's settings in a line of text, as ``--noise-seeds 1,2``, by the engine's own table."""

from __future__ import annotations

import re
from typing import Any

from bot.errors import refusing
from engine.messages import settings
from engine.messages.resolution import check_asked

END = "--"
"""Parts a prompt from its settings if the prompt itself reads like settings."""
VALUE = r'"(?:[^"\\]|\\.)*"|(?:(?!--)[^\s;"])+'
"""A value: one word, or anything between quotation marks. A backslash stands before a mark that belongs to it."""
_BARE = re.compile(r"(?!.*--)[\w.+:,-]*\w")


def read(name: str, text: str) -> Any:
    """Return the value that ``text`` has as the setting ``name``. Raises :class:`bot.errors.BadSetting`."""
    try:
        value = settings()[name].read(text)
    except ValueError:
        value = text
    with refusing():
        check_asked({name: value})
    return value


def option(name: str, text: str) -> str:
    """Return the setting as :func:`bot.words.prompts.parse` reads it back."""
    if not _BARE.fullmatch(text):
        text = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return f"--{name.replace('_', '-')} {text}"


def shown(name: str, value: object) -> str:
    """Return the setting with a value of the engine's table."""
    return option(name, settings()[name].show(value))


def unquoted(text: str) -> str:
    """Return what a :data:`VALUE` stands for."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
