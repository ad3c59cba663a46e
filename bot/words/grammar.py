"""The engine's settings in a line of text, ``--noise-seeds 1,2``, written and read by the engine's own table.

A setting that the engine gains is known here without another word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from bot.errors import BadSetting
from bot.texts import refusals
from engine.messages import settings
from engine.messages.limits import Limit

END = "--"
"""Stands between a prompt and its settings where the prompt itself reads like settings."""
VALUE = r'"(?:[^"\\]|\\.)*"|(?:(?!--)[^\s;"])+'
"""A value: anything between quotation marks, with a backslash before one that belongs to it; or a word."""
_BARE = re.compile(r"(?!.*--)[\w.+:,-]*\w")
_OTHERWISE = ("prompt", "bundle", "width", "height", "iterations", "seed", "strength")
_OWN = ("seed", "strength", "size", "iterations", "bundle", "style", "preset")


@cache
def table() -> Mapping[str, Limit]:
    """The settings of a :class:`engine.messages.Spec` for which a :class:`bot.words.prompts.Wish` has no field."""
    return {name: limit for name, limit in settings().items() if name not in _OTHERWISE}


def names() -> tuple[str, ...]:
    """Every setting as it is typed."""
    return (*_OWN, *(name.replace("_", "-") for name in table()))


def field(name: str) -> str:
    """The setting called ``name``, however it is spelled. Raises :class:`bot.errors.BadSetting` when there is none."""
    found = name.lower().replace("-", "_")
    if found in _OWN or found in table():
        return found
    close = difflib.get_close_matches(found.replace("_", "-"), names(), n=1)
    raise BadSetting(refusals.no_setting(name, close[0] if close else None, names()))


def read(name: str, text: str) -> Any:
    """The value of the setting ``name`` of :func:`table`. Raises :class:`bot.errors.BadSetting`."""
    limit = table()[name]
    try:
        value = limit.read(text)
    except ValueError:
        value = None
    if not limit.holds(value, {}):
        raise BadSetting(refusals.no_value(name, text, limit.allowed({})))
    return value


def option(name: str, text: str) -> str:
    """The setting as :func:`bot.words.prompts.parse` reads it back."""
    if not _BARE.fullmatch(text):
        text = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return f"--{name.replace('_', '-')} {text}"


def shown(name: str, value: object) -> str:
    """The same for a value of :func:`table`."""
    return option(name, table()[name].show(value))


def unquoted(text: str) -> str:
    """What a :data:`VALUE` stands for."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
