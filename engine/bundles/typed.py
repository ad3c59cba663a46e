"""Check that each field of a record read from a file has the type that it declares."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

_WORDS: Mapping[type, str] = {int: "a whole number from 0", float: "a number", str: "a text", bool: "true or false"}


def check(record: Any) -> None:
    """Raise ValueError that names the first field of the dataclass ``record`` with a value of another type.

    Numbers, texts, switches and lists of them are checked; other types are left to their own checks.
    """
    hints = get_type_hints(type(record))
    for field in fields(record):
        value, hint = getattr(record, field.name), hints[field.name]
        many, parts = get_origin(hint) is tuple, get_args(hint)
        if (value is None and type(None) in parts) or not (many or hint in _WORDS or type(None) in parts):
            continue
        kind = next((one for one in (hint, *parts) if one in _WORDS), None)
        if kind is None:
            continue
        if many and not isinstance(value, tuple):
            raise ValueError(f"{field.name} must be a list and is {value!r}")
        if not all(_is(one, kind) for one in (value if many else (value,))):
            raise ValueError(f"{field.name} must be {'a list of: ' * many}{_WORDS[kind]} and is {value!r}")


def _is(value: Any, kind: type) -> bool:
    if kind is int:
        return type(value) is int and value >= 0
    if kind is float:
        return isinstance(value, int | float) and type(value) is not bool and math.isfinite(value)
    return isinstance(value, kind)
