"""The application and its commands."""

from typing import Any

from sandbox.checks import forms
from sandbox.checks.commands import CreateCommand, EditCommand
from sandbox.records.errors import ApiError, missing_access, unknown
from sandbox.records.model import Json
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import payloads


def application(call: ApiCall) -> Json:
    world = call.world
    return {
        "id": str(world.bot_user.id),
        "name": world.bot_user.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": payloads.user(world.bot_user),
        "bot_public": True,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}},
        "verify_key": "0" * 64,
        "flags": world.application_flags,
        "flags_new": str(world.application_flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(world.owner),
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def _scope(call: ApiCall) -> int | None:
    """Return the guild whose commands the path means; None for the global ones."""
    if call.id("application_id") != call.world.bot_user.id:
        raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
    if "guild_id" not in call.params:
        return None
    guild_id = call.id("guild_id")
    if guild_id not in call.world.guilds:
        raise missing_access()
    return guild_id


def overwrite_commands(call: ApiCall) -> list[Json]:
    """Replace all commands of a scope; those that keep their name and type keep their identifier."""
    scope = _scope(call)
    given: list[Json] = call.body
    forms.check_commands(given)
    old = {_key(one): one["id"] for one in call.world.commands[scope]}
    registered = [_registered(call, scope, one, old) for one in given]
    call.world.commands[scope] = registered
    call.world.changed()
    return registered


def create_command(call: ApiCall) -> Json:
    scope = _scope(call)
    forms.check_commands([call.fields])
    kept = [one for one in call.world.commands[scope] if _key(one) != _key(call.fields)]
    old = {_key(one): one["id"] for one in call.world.commands[scope]}
    command = _registered(call, scope, call.fields, old)
    call.world.commands[scope] = [*kept, command]
    call.world.changed()
    return command


def get_command(call: ApiCall) -> Json:
    found = next((one for one in call.world.commands[_scope(call)] if one["id"] == call.params["command_id"]), None)
    if found is None:
        raise unknown("application command")
    return found


def edit_command(call: ApiCall) -> Json:
    """Change the fields that are given; the identifier stays."""
    scope, old = _scope(call), get_command(call)
    others = [one for one in call.world.commands[scope] if one is not old]
    wanted = {key: value for key, value in old.items() if key != "id"} | call.fields
    forms.check_commands([*others, wanted])
    changed = _registered(call, scope, wanted, {_key(wanted): old["id"]})
    call.world.commands[scope] = [*others, changed]
    call.world.changed()
    return changed


def delete_command(call: ApiCall) -> None:
    command = get_command(call)
    call.world.commands[_scope(call)].remove(command)
    call.world.changed()


def permissions(call: ApiCall) -> list[Json]:
    """Return an empty list: nobody here restricts commands beyond their default permissions."""
    _scope(call)
    return []


def permissions_of(call: ApiCall) -> Json:
    """Raise Discord's error for a command without permissions: the sandbox never has any."""
    both = [*call.world.commands[_scope(call)], *call.world.commands[None]]
    known = any(one["id"] == call.params["command_id"] for one in both)
    raise unknown("application command permissions" if known else "application command")


def emojis(call: ApiCall) -> Json:
    """Return an empty list: the application has no emoji of its own."""
    _scope(call)
    return {"items": []}


def _key(command: Json) -> tuple[int, str]:
    return command.get("type") or 1, command["name"]


def _registered(call: ApiCall, scope: int | None, given: Json, old: dict[tuple[int, str], str]) -> Json:
    world = call.world
    kept = ("options", "nsfw", "name_localizations", "description_localizations")
    command: Json = {
        "id": old.get(_key(given)) or str(world.ids.next()),
        "application_id": str(world.bot_user.id),
        "version": str(world.ids.next()),
        "type": given.get("type") or 1,
        "name": given["name"],
        "description": given.get("description") or "",
        "default_member_permissions": None,
        "integration_types": given.get("integration_types") or [0],
    }
    if given.get("default_member_permissions") is not None:
        command["default_member_permissions"] = str(given["default_member_permissions"])
    if scope is None:
        command["contexts"] = given.get("contexts")
        command["dm_permission"] = given.get("dm_permission") is not False
    else:
        command["guild_id"] = str(scope)
    return command | {key: _without_nulls(given[key]) for key in kept if given.get(key) is not None}


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    return [_without_nulls(each) for each in node] if isinstance(node, list) else node


def _routes(scope: str) -> tuple[Route, ...]:
    return (
        Route("GET", f"{scope}/commands", lambda call: call.world.commands[_scope(call)]),
        Route("PUT", f"{scope}/commands", overwrite_commands, list[CreateCommand]),
        Route("POST", f"{scope}/commands", create_command, CreateCommand, status=201),
        Route("GET", f"{scope}/commands/{{command_id}}", get_command),
        Route("PATCH", f"{scope}/commands/{{command_id}}", edit_command, EditCommand),
        Route("DELETE", f"{scope}/commands/{{command_id}}", delete_command),
    )


_GLOBAL = "/applications/{application_id}"
_OF_GUILD = f"{_GLOBAL}/guilds/{{guild_id}}"
ROUTES = (
    Route("GET", "/applications/@me", application),
    Route("GET", "/oauth2/applications/@me", application),
    Route("GET", f"{_GLOBAL}/emojis", emojis),
    Route("GET", f"{_OF_GUILD}/commands/permissions", permissions),
    Route("GET", f"{_OF_GUILD}/commands/{{command_id}}/permissions", permissions_of),
    *_routes(_GLOBAL),
    *_routes(_OF_GUILD),
)
