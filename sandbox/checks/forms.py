"""Discord's checks on what a bot sends, with its field errors (code 50035)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.records.errors import empty_message, invalid_form
from sandbox.records.model import COMPONENTS_V2, SETTABLE_FLAGS, Json
from sandbox.records.parts import File, walk_components

MAX_EMBEDS_TEXT = 6000
_TEXT_INPUT = 4


def _require_length(value: Any, field: str, limit: int) -> None:
    if value is not None and len(value) > limit:
        raise invalid_form(field, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def check_message(body: Json, files: tuple[File, ...], *, editing: bool = False) -> None:
    """Raise error 50006 for an empty message to post, and 50035 for a field out of its bounds."""
    embeds, components = body.get("embeds") or [], body.get("components") or []
    if sum(len(text) for embed in embeds for text in _embed_texts(embed)) > MAX_EMBEDS_TEXT:
        raise invalid_form("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    check_components(components, v2=bool((body.get("flags") or 0) & COMPONENTS_V2))
    _require_length(files, "files", 10)
    if (body.get("flags") or 0) & COMPONENTS_V2 and (body.get("content") or embeds):
        raise invalid_form(
            "content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2",
        )  # fmt: skip
    if body.get("poll") or body.get("sticker_ids"):
        raise invalid_form(
            "poll" if body.get("poll") else "sticker_ids", "UNKNOWN", "The sandbox has no polls and no stickers."
        )
    if not editing and not (body.get("content") or embeds or components or files):
        raise empty_message()


def settable_flags(body: Json) -> int:
    return int(body.get("flags") or 0) & SETTABLE_FLAGS


def _embed_texts(embed: Json) -> Iterator[str]:
    parts = (embed, embed.get("footer"), embed.get("author"), *(embed.get("fields") or []))
    for part in parts:
        yield from (part[key] for key in ("title", "description", "text", "name", "value") if part and part.get(key))


def check_components(components: list[Json], *, v2: bool) -> None:
    """Check rows, widths, labels and custom_ids. Each custom_id may stand once."""
    every = walk_components(components)
    if v2 and len(every) > 40:
        raise invalid_form("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 40 in length.")
    if not v2:
        _require_length(components, "components", 5)
        if any(part["type"] != 1 for part in components):
            raise invalid_form("components.0.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
    seen: set[str] = set()
    for part in every:
        _check_component(part, seen)


def _check_component(part: Json, seen: set[str]) -> None:
    field = "components.0.components.0"
    if part["type"] == 1:
        _check_row(part["components"])
    if part["type"] == 2 and not (part.get("label") or part.get("emoji")):
        raise invalid_form(field, "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji.")
    custom_id = part.get("custom_id")
    if custom_id in seen:
        raise invalid_form(
            f"{field}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
        )
    if custom_id is not None:
        seen.add(custom_id)


def _check_row(held: list[Json]) -> None:
    """Check that a row holds up to five buttons, or one other component."""
    if not 1 <= len(held) <= 5 or (len(held) > 1 and any(part["type"] != 2 for part in held)):
        raise invalid_form("components.0.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")


def check_modal(modal: Json) -> None:
    """Check a form's labels, and that each row holds one text input."""
    seen: set[str] = set()
    for part in walk_components(modal["components"]):
        _check_component(part, seen)
    for index, part in enumerate(modal["components"]):
        rows = part.get("components") or []
        if part["type"] == 1 and rows[0]["type"] != _TEXT_INPUT:
            raise invalid_form(f"data.components.{index}", "UNION_TYPE_CHOICES", "A row of a form holds a text input.")
        for labelled in (part, *rows):
            _require_length(labelled.get("label"), f"data.components.{index}.label", 45)


def check_commands(commands: list[Json]) -> None:
    """Check names, counts and sizes of a list of commands."""
    kinds: Mapping[int, tuple[int, str]] = {1: (100, "slash"), 2: (15, "user"), 3: (15, "message")}
    for kind, (limit, name) in kinds.items():
        if sum(1 for command in commands if command.get("type", 1) == kind) > limit:
            raise invalid_form("commands", "APPLICATION_COMMANDS_MAX", f"Too many {name} commands: {limit} at most.")
    for index, command in enumerate(commands):
        _check_command(command, str(index))
    keys = [(command.get("type", 1), command["name"]) for command in commands]
    if len(set(keys)) < len(keys):
        raise invalid_form("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")


def _check_command(command: Json, field: str) -> None:
    slash = command.get("type", 1) == 1
    pattern = r"[-_'\w]{1,32}" if slash else r".{1,32}"
    name = command.get("name") or ""
    if not re.fullmatch(pattern, name) or (slash and name != name.lower()):
        raise invalid_form(f"{field}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    if slash and not 1 <= len(command.get("description") or "") <= 100:
        raise invalid_form(f"{field}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if _weight(command) > 8000:
        raise invalid_form(field, "APPLICATION_COMMAND_TOO_LARGE", "Command exceeds maximum size (8000 characters)")
    _check_options(command.get("options") or [], field)


def _check_options(options: list[Json], field: str) -> None:
    optional_seen = False
    for index, option in enumerate(options):
        here = f"{field}.options.{index}"
        if not 1 <= len(option.get("description") or "") <= 100:
            raise invalid_form(f"{here}.description", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if option.get("required") and optional_seen:
            raise invalid_form(
                here, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )  # fmt: skip
        optional_seen = optional_seen or not option.get("required")
        _check_options(option.get("options") or [], here)


def _weight(node: Any) -> int:
    """Return characters of the names, descriptions and choice values, which Discord limits together."""
    if isinstance(node, list):
        return sum(_weight(each) for each in node)
    if not isinstance(node, dict):
        return 0
    own = sum(len(str(node[key])) for key in ("name", "description", "value") if key in node)
    return own + _weight(node.get("options")) + _weight(node.get("choices"))
