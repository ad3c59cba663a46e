"""Fills in commands and menus as Discord's client does: looks up the command and checks each value."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.records.model import Channel, Json, Membership, Message, Role, User
from sandbox.records.parts import File
from sandbox.verbs import interactions, message_payloads, payloads
from sandbox.verbs.permissions import Permissions, in_channel
from sandbox.verbs.world import World

SUBCOMMAND, SUBCOMMAND_GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(
    1, 12
)
_USER_INSTALL = 1
_SELECT = 3
SELECTS = (_SELECT, 5, 6, 7, 8)  # of strings, users, roles, either, channels


class NotOffered(Exception):
    """Discord's client would not let a member do this."""


def find(world: World, channel: Channel, name: str, *, kind: int, member: Membership | None) -> Json:
    """Return the registered command offered in this channel. A server's command goes before a global one."""
    guild_id = channel.guild.id if channel.guild else None
    scopes = [world.commands[None]] if guild_id is None else [world.commands[guild_id], world.commands[None]]
    offered = [command for scope in scopes for command in scope if command.get("type", 1) == kind]
    if not world.bot_takes_part(channel):
        offered = [command for command in offered if _USER_INSTALL in command["integration_types"]]
    for command in offered:
        if command["name"] == name:
            _require_allowed(world, command, channel, member)
            return command
    raise NotOffered(f"no command {name!r} here; there are {sorted({command['name'] for command in offered})}")


def _require_allowed(world: World, command: Json, channel: Channel, member: Membership | None) -> None:
    contexts = command.get("contexts")
    if contexts is not None and interactions.context(world, channel) not in contexts:
        raise NotOffered(f"{command['name']} is not for this kind of channel")
    if member is None:
        return
    bits = in_channel(member, channel)
    if not bits & Permissions.USE_APPLICATION_COMMANDS:
        raise NotOffered(f"{member.name} may not use commands here")
    needed = int(command.get("default_member_permissions") or 0)
    if bits & needed != needed:
        raise NotOffered(f"{member.name} lacks the permissions for {command['name']}")


def slash_payload(
    world: World,
    channel: Channel,
    command: Json,
    name: str,
    given: Mapping[str, Any],
    *,
    focused: str | None = None,
) -> Json:
    """Return the ``data`` of a slash command or its autocompletion. Numbers are text: they may be half typed."""
    definitions: list[Json] = command.get("options", [])
    path: list[Json] = []
    for part in name.split()[1:]:
        step = next((one for one in definitions if one["name"] == part), None)
        if step is None or step["type"] not in (SUBCOMMAND, SUBCOMMAND_GROUP):
            raise NotOffered(f"{command['name']} has no subcommand {part!r}")
        path.append(step)
        definitions = step.get("options", [])
    _require_known(name, definitions, given, complete=focused is None)
    resolved: Json = {}
    options = [
        _option(world, channel, one, given[one["name"]], resolved, focused=one["name"] == focused)
        for one in definitions
        if given.get(one["name"]) is not None
    ]
    if focused is not None:
        options = [one | {"value": str(one["value"])} if one["type"] in (INTEGER, NUMBER) else one for one in options]
    for step in reversed(path):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    filled = {"options": options, "resolved": resolved}
    return _about(command, 1) | {key: value for key, value in filled.items() if value}


def _about(command: Json, type_: int) -> Json:
    """Return what the ``data`` of every command begins with."""
    guild = {"guild_id": command["guild_id"]} if "guild_id" in command else {}
    return {"id": command["id"], "name": command["name"], "type": type_} | guild


def _require_known(name: str, definitions: list[Json], given: Mapping[str, Any], *, complete: bool) -> None:
    known = {one["name"] for one in definitions}
    if extra := set(given) - known:
        raise NotOffered(f"/{name} has no option {sorted(extra)}; it has {sorted(known)}")
    required = {one["name"] for one in definitions if one.get("required")}
    if complete and (missing := {each for each in required if given.get(each) is None}):
        raise NotOffered(f"/{name} needs {sorted(missing)}")


def _option(world: World, channel: Channel, definition: Json, value: Any, resolved: Json, *, focused: bool) -> Json:
    shown: Json = {"name": definition["name"], "type": definition["type"]}
    if focused:
        if not definition.get("autocomplete"):
            raise NotOffered(f"{definition['name']} has no autocompletion")
        return shown | {"value": value, "focused": True}
    match definition["type"]:
        case 3 | 4 | 5 | 10:
            shown["value"] = _plain(definition, value)
        case 11:
            if not isinstance(value, File):
                raise NotOffered(f"{definition['name']} takes a File")
            [attachment] = interactions.store_uploads(world, channel, (value,))
            resolved.setdefault("attachments", {})[attachment["id"]] = attachment
            shown["value"] = attachment["id"]
        case _:
            shown["value"] = entity(channel, value, resolved)
    return shown


def _plain(definition: Json, value: Any) -> Any:
    name = definition["name"]
    if choices := definition.get("choices"):
        by_name = {key: one["value"] for one in choices for key in (one["name"], one["value"])}
        if value not in by_name:
            raise NotOffered(f"{name} offers only {[one['name'] for one in choices]}")
        return by_name[value]
    types: dict[int, tuple[type, ...]] = {3: (str,), 4: (int,), 5: (bool,), 10: (int, float)}
    if not isinstance(value, types[definition["type"]]) or (isinstance(value, bool) != (definition["type"] == 5)):
        raise NotOffered(f"{name} does not take {value!r}")
    size = len(value) if isinstance(value, str) else value
    unit = "length" if isinstance(value, str) else "value"
    low, high = definition.get(f"min_{unit}"), definition.get(f"max_{unit}")
    if (low is not None and size < low) or (high is not None and size > high):
        raise NotOffered(f"{name}: {size} is outside {low} to {high}")
    return value


def entity(channel: Channel, value: Any, resolved: Json) -> str:
    """Add a user, member, role or channel to the resolved ones, and return its id."""
    key = str(value.id)
    if isinstance(value, Channel):
        assert channel.guild is not None
        shown = {"id": key, "name": value.name, "type": int(value.type), "permissions": "0"}
        resolved.setdefault("channels", {})[key] = payloads.channel(value) | shown
    elif isinstance(value, Role):
        resolved.setdefault("roles", {})[key] = payloads.role(value)
    else:
        user = value if isinstance(value, User) else value.user
        resolved.setdefault("users", {})[key] = payloads.user(user)
        if channel.guild and user.id in channel.guild.members:
            member = channel.guild.members[user.id]
            shown = payloads.member(member, with_user=False) | {"permissions": str(in_channel(member, channel))}
            resolved.setdefault("members", {})[key] = shown
    return key


def message_payload(world: World, command: Json, message: Message) -> Json:
    """Return the ``data`` of a message context-menu command; its target arrives whole, whatever the intents."""
    shown = message_payloads.message(message, world, intent=True)
    return _about(command, 3) | {"target_id": str(message.id), "resolved": {"messages": {str(message.id): shown}}}


def user_payload(channel: Channel, command: Json, target: Membership | User) -> Json:
    """Return the ``data`` of a user context-menu command."""
    resolved: Json = {}
    target_id = entity(channel, target, resolved)
    return _about(command, 2) | {"target_id": target_id, "resolved": resolved}


def select_payload(channel: Channel, menu: Json, values: Sequence[Any]) -> Json:
    """Return the ``data`` of a select menu with these picked.

    Raises:
        NotOffered: the menu has no such option, or takes fewer or more.
    """
    resolved: Json = {}
    picked = pick(channel, menu, values, resolved)
    payload: Json = {"component_type": menu["type"], "custom_id": menu["custom_id"], "values": picked}
    return payload if menu["type"] == _SELECT else payload | {"resolved": resolved}


def pick(channel: Channel, menu: Json, values: Sequence[Any], resolved: Json) -> list[str]:
    """Return the values of a select menu, or of another list of options, by value or label.

    Raises:
        NotOffered: it has no such option, or takes fewer or more.
    """
    low, high = menu.get("min_values"), menu.get("max_values")
    low, high = 1 if low is None else low, 1 if high is None else high
    if not low <= len(values) <= high:
        raise NotOffered(f"{menu['custom_id']} takes {low} to {high} values, not {len(values)}")
    if "options" not in menu:
        return [entity(channel, value, resolved) for value in values]
    by_name = {name: one["value"] for one in menu["options"] for name in (one["label"], one["value"])}
    if unknown := [value for value in values if value not in by_name]:
        raise NotOffered(f"{menu['custom_id']} does not offer {unknown}")
    return [by_name[value] for value in values]
