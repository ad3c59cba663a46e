"""Read and write the values of settings: words, quoted or not, sizes and shapes, and the engine's own settings."""

import re
from typing import Any

from bot.errors import BadSetting, refusing
from engine.messages import settings
from engine.messages.resolution import check_asked, typed
from engine.messages.sizes import Aspect, check_size, no_size

_DOUBLES, _SINGLES = "“”„‟«»", "‘’‚‹›"
QUOTATION = (
    r'"(?:[^"\\]|\\.)*"'
    rf'|[{_DOUBLES}][^"{_DOUBLES}]*["{_DOUBLES}]|"[^"{_DOUBLES}]*[{_DOUBLES}]'
    rf"|['{_SINGLES}](?:[^'{_SINGLES}]|['{_SINGLES}](?=\w))*['{_SINGLES}]"
)
VALUE = rf'{QUOTATION}|(?:(?!--)[^\s;"])+'
"""A value: one word, or anything between quotation marks. A backslash stands before a mark that belongs to it."""
_BARE = re.compile(r"(?!.*--)[\w.+:,-]*\w")
_ASPECT = re.compile(r"\s*([0-9]{1,5}(?:\.[0-9]{1,5})?)\s*[:/]\s*([0-9]{1,5}(?:\.[0-9]{1,5})?)\s*")


def read_size(text: str) -> tuple[int, int] | Aspect:
    """Return the size in ``text``, or the shape in ``16:9``. Raises :class:`BadSetting`."""
    if (found := _ASPECT.fullmatch(text)) is None:
        return parse_size(text)
    shape = Aspect(width=float(found[1]), height=float(found[2]))
    with refusing():
        check_size(shape)
    return shape


def parse_size(text: str) -> tuple[int, int]:
    """Return (width, height) from ``256x384``, or from ``256`` for a square. Raises :class:`BadSetting`."""
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*(?:[x×*,]\s*([0-9]{1,5}))?\s*(?:px)?\s*", text, re.IGNORECASE)
    if found is None:
        raise BadSetting(no_size(text))
    size = int(found[1]), int(found[2] or found[1])
    with refusing():
        check_size(size)
    return size


def read_setting(name: str, text: str) -> Any:
    """Return the value that ``text`` has as the setting ``name``. Raises :class:`bot.errors.BadSetting`."""
    try:
        value = settings()[name].read(text)
    except ValueError:
        value = text
    with refusing():
        check_asked({name: value})
    return value


def option(name: str, text: str) -> str:
    """Return the setting as :func:`parse` reads it back."""
    if not _BARE.fullmatch(text):
        text = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return f"--{typed(name)} {text}"


def shown(name: str, value: object) -> str:
    """Return the setting with a value of the engine's table."""
    return option(name, settings()[name].show(value))


def unquoted(text: str) -> str:
    """Return what a :data:`VALUE` stands for."""
    if re.fullmatch(QUOTATION, text) is None:
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text[1:-1]
