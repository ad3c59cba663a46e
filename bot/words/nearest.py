"""Find the command that a mistyped one was meant to be."""

import re
from difflib import get_close_matches

from bot.words.commands import TYPED

_NAMES = (
    *TYPED, "describe", "upscale", "grid", "help", "history", "queue", "cancel", "settings", "styles", "show",
    "timelapse", "privacy",
)  # fmt: skip
_OTHERS = frozenset({"exit", "image", "images", "editor", "hello", "held", "shop", "now", "set", "setting", "style"})
_LIKENESS = 0.75  # of the letters, from 0 to 1
_TYPED = re.compile(r"[./!](?P<name>[A-Za-z]{3,12})(?=$|\s)(?P<rest>.*)", re.DOTALL)


def command(text: str) -> tuple[str, str, str] | None:
    """Return the sign, the command meant and the words after it, or None if the text begins with no such word."""
    if (found := _TYPED.match(text)) is None:
        return None
    name = found["name"].lower()
    if name in _OTHERS:
        return None
    near = get_close_matches(name, _NAMES, n=1, cutoff=_LIKENESS)
    return (found[0][0], near[0], found["rest"].strip()) if near else None
