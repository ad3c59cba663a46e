"""Find the command that a message gives, and the words after it."""

import re

_COMMANDS = ("/edit", ".edit")
_IMAGINE = ("/imagine", ".imagine")
TYPED = ("imagine", "edit")
"""The commands that a message can give."""


def edit_text(content: str, bot_id: int) -> str | None:
    """Return what follows ``/edit``, ``.edit`` or a mention of the bot at the start, or None if there is none."""
    content = content.strip()
    for start in (*_COMMANDS, f"<@{bot_id}>", f"<@!{bot_id}>"):
        rest = content[len(start) :]
        if content.lower().startswith(start) and (start.startswith("<") or not rest[:1].isalnum()):
            return _without_command(rest.lstrip(" \t\n,:")) if start.startswith("<") else rest.strip()
    return None


def imagine_text(content: str, bot_id: int) -> str | None:
    """Return what follows ``/imagine`` or ``.imagine`` at the start or after a mention, or None if there is none."""
    content = unmentioned(content, bot_id)
    for start in _IMAGINE:
        if content.lower().startswith(start) and not content[len(start) : len(start) + 1].isalnum():
            return content[len(start) :].strip()
    return None


def commands_edit(content: str, bot_id: int) -> bool:
    """Return whether ``/edit`` or ``.edit`` stands at the start, or right after a mention of the bot."""
    content = unmentioned(content, bot_id)
    return _without_command(content) != content


def unmentioned(content: str, bot_id: int) -> str:
    """Return the text after a mention of the bot at its start, or all of it."""
    return re.sub(rf"^<@!?{bot_id}>[\s,:]*", "", content.strip())


def _without_command(text: str) -> str:
    """Return the text after the command, if there is one."""
    for start in _COMMANDS:
        if text.lower().startswith(start) and not text[len(start) : len(start) + 1].isalnum():
            return text[len(start) :].strip()
    return text.strip()
