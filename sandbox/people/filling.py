"""The forms that a bot opens, as Discord's client fills them in and submits them."""

from collections.abc import Mapping
from typing import Any

from sandbox.checks import components as kinds
from sandbox.records.model import Channel, Json
from sandbox.records.parts import walk_components
from sandbox.verbs import commands, interactions
from sandbox.verbs.commands import NotOffered
from sandbox.verbs.world import World


def submission(world: World, channel: Channel, modal: Json, fields: Mapping[str, Any]) -> Json:
    """Return the ``data`` of a submitted modal. Fields left out keep the bot's values.

    ``fields`` are by custom_id or label: text, `File` or several, options by value or label, users, roles, channels,
    True and False.

    Raises:
        NotOffered: there is no such field, or it does not take that.
    """
    labels = {
        part["component"]["custom_id"]: part["label"] for part in modal["components"] if part["type"] == kinds.LABEL
    }
    inputs = [part for part in walk_components(modal["components"]) if "custom_id" in part]
    known = {part["custom_id"] for part in inputs} | {part.get("label") for part in inputs} | set(labels.values())
    if extra := set(fields) - known:
        raise NotOffered(f"the form has no field {sorted(extra)}")
    resolved: Json = {}
    submitted: list[Json] = []
    for number, part in enumerate(modal["components"]):
        shown: Json = {"type": part["type"], "id": 2 * number + 1}
        inner = (
            part["component"]
            if part["type"] == kinds.LABEL
            else part["components"][0]
            if part["type"] == kinds.ROW
            else None
        )
        if inner is not None:
            label = part["label"] if part["type"] == kinds.LABEL else inner.get("label")
            value = fields[inner["custom_id"]] if inner["custom_id"] in fields else fields.get(label or "")
            filled = {"type": inner["type"], "id": 2 * number + 2, "custom_id": inner["custom_id"]}
            filled |= _filled(world, channel, inner, value, resolved)
            shown |= {"component": filled} if part["type"] == kinds.LABEL else {"components": [filled]}
        submitted.append(shown)
    payload: Json = {"custom_id": modal["custom_id"], "components": submitted}
    return payload | ({"resolved": resolved} if resolved else {})


def _filled(world: World, channel: Channel, part: Json, value: Any, resolved: Json) -> Json:
    """Return what one field adds to the submission: its ``value`` or ``values``."""
    match part["type"]:
        case kinds.TEXT_INPUT:
            return {"value": _text(part, value)}
        case kinds.CHECKBOX:
            return {"value": bool(part.get("default") if value is None else value)}
        case kinds.RADIO_GROUP:
            values = _chosen(channel, part, value, resolved)
            return {"value": values[0] if values else None}
        case kinds.FILE_UPLOAD:
            return {"values": _uploaded(world, channel, part, value, resolved)}
    return {"values": _chosen(channel, part, value, resolved)}


def _text(part: Json, value: Any) -> str:
    text: str = part.get("value", "") if value is None else value
    low, high = part.get("min_length") or 0, part.get("max_length") or 4000
    required = part.get("required") is not False
    if (required and not text) or (text and len(text) < low) or len(text) > high:
        raise NotOffered(f"the field {part['custom_id']} takes {low} to {high} characters, not {len(text)}")
    return text


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _chosen(channel: Channel, part: Json, value: Any, resolved: Json) -> list[str]:
    if value is None:
        value = [one["value"] for one in part.get("options") or [] if one.get("default")]
    values = _listed(value)
    if len(set(values)) < len(values):
        raise NotOffered(f"the field {part['custom_id']} takes each value once")
    if not values and part.get("required") is False:
        return []
    most = len(part["options"]) if part["type"] == kinds.CHECKBOX_GROUP else 1
    return commands.pick(channel, part | {"max_values": part.get("max_values") or most}, values, resolved)


def _uploaded(world: World, channel: Channel, part: Json, value: Any, resolved: Json) -> list[str]:
    files = _listed(value)
    low, high = part.get("min_values"), part.get("max_values") or 1
    low = 1 if low is None else low
    low = 0 if part.get("required") is False and not files else low
    if not low <= len(files) <= high:
        raise NotOffered(f"the field {part['custom_id']} takes {low} to {high} files, not {len(files)}")
    uploads = interactions.store_uploads(world, channel, tuple(files))
    resolved.setdefault("attachments", {}).update({one["id"]: one for one in uploads})
    return [one["id"] for one in uploads]
