"""Channels: get, open, change, close, permissions, typing."""

from sandbox.checks.places import CreateChannel, EditChannel, SetOverwrite
from sandbox.records.errors import invalid_form, missing_permissions, unknown, wrong_channel_type
from sandbox.records.model import Channel, ChannelType, Json, Overwrite
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import guilds, payloads, threads
from sandbox.verbs.permissions import Permissions, in_guild, require, speaking

_KINDS = (ChannelType.TEXT, ChannelType.FORUM)


def _shown(call: ApiCall, found: Channel) -> Json:
    return payloads.thread(found, call.world.bot_user) if found.is_thread else payloads.channel(found)


def listing(call: ApiCall) -> list[Json]:
    return [payloads.channel(one) for one in call.guild().channels.values() if not one.is_thread]


def create(call: ApiCall) -> Json:
    guild, fields = call.guild(), call.fields
    if not in_guild(guild.members[call.world.bot_user.id]) & Permissions.MANAGE_CHANNELS:
        raise missing_permissions()
    kind = fields.get("type") or 0
    if kind not in _KINDS:
        raise invalid_form("type", "BASE_TYPE_CHOICES", "The sandbox has text channels (0) and forums (15) only.")
    settings: Json = {
        "topic": fields.get("topic"),
        "nsfw": bool(fields.get("nsfw")),
        "rate_limit_per_user": fields.get("rate_limit_per_user") or 0,
        "overwrites": [_overwrite(int(one["id"]), one) for one in fields.get("permission_overwrites") or []],
        "available_tags": guilds.tags(call.world, tuple(tag["name"] for tag in fields.get("available_tags") or [])),
    }
    return payloads.channel(guilds.open_channel(call.world, guild, ChannelType(kind), fields["name"], settings))


def change(call: ApiCall) -> Json:
    found, fields = call.channel(), call.fields
    if found.is_thread:
        threads.require_change(call.world, found, fields)
        threads.change(call.world, found, fields)
        return _shown(call, found)
    if found.type is ChannelType.DM:
        raise missing_permissions()
    require(call.world.bot_member(found), found, Permissions.MANAGE_CHANNELS)
    if fields.get("permission_overwrites") is not None:
        require(call.world.bot_member(found), found, Permissions.MANAGE_ROLES)
        found.overwrites = [_overwrite(int(one["id"]), one) for one in fields["permission_overwrites"]]
    for key in ("name", "nsfw", "rate_limit_per_user", "position"):
        if fields.get(key) is not None:
            setattr(found, key, fields[key])
    if "topic" in fields:
        found.topic = fields["topic"]
    call.world.emit("CHANNEL_UPDATE", lambda _: payloads.channel(found), channel=found)
    return payloads.channel(found)


def delete(call: ApiCall) -> Json:
    found = call.channel()
    if found.type is ChannelType.DM:
        return payloads.channel(found)  # a DM is closed for one side only, and opens again with the next message
    member = call.world.bot_member(found)
    require(member, found, Permissions.MANAGE_THREADS if found.is_thread else Permissions.MANAGE_CHANNELS)
    shown = _shown(call, found)
    if found.is_thread:
        threads.delete(call.world, found)
    else:
        guilds.close_channel(call.world, found)
    return shown


# Permissions


def _overwrite(target: int, given: Json) -> Overwrite:
    return Overwrite(
        id=target, kind=given.get("type") or 0, allow=int(given.get("allow") or 0), deny=int(given.get("deny") or 0)
    )


def _overwritable(call: ApiCall) -> Channel:
    found = call.channel()
    if found.guild is None or found.is_thread:
        raise wrong_channel_type()
    require(call.world.bot_member(found), found, Permissions.MANAGE_ROLES)
    return found


def set_overwrite(call: ApiCall) -> None:
    found, target = _overwritable(call), call.id("overwrite_id")
    assert found.guild is not None
    known = found.guild.members if call.fields.get("type") == 1 else found.guild.roles
    if target not in known:
        raise unknown("Overwrite")
    guilds.set_overwrite(call.world, found, target, _overwrite(target, call.fields))


def delete_overwrite(call: ApiCall) -> None:
    found, target = _overwritable(call), call.id("overwrite_id")
    if all(one.id != target for one in found.overwrites):
        raise unknown("Overwrite")
    guilds.set_overwrite(call.world, found, target, None)


# Typing


def typing(call: ApiCall) -> None:
    world, where = call.world, call.channel()
    require(world.bot_member(where), where, speaking(where))
    world.typing[where.id, world.bot_user.id] = world.clock.now()
    shown: Json = {
        "channel_id": str(where.id),
        "user_id": str(world.bot_user.id),
        "timestamp": int(world.clock.now()),
    }
    if where.guild is not None:
        shown["guild_id"] = str(where.guild.id)
        shown["member"] = payloads.member(where.guild.members[world.bot_user.id])
    world.emit("TYPING_START", lambda _: shown, channel=where)


ROUTES = (
    Route("GET", "/guilds/{guild_id}/channels", listing),
    Route("POST", "/guilds/{guild_id}/channels", create, CreateChannel, status=201),
    Route("GET", "/channels/{channel_id}", lambda call: _shown(call, call.channel())),
    Route("PATCH", "/channels/{channel_id}", change, EditChannel),
    Route("DELETE", "/channels/{channel_id}", delete),
    Route("PUT", "/channels/{channel_id}/permissions/{overwrite_id}", set_overwrite, SetOverwrite),
    Route("DELETE", "/channels/{channel_id}/permissions/{overwrite_id}", delete_overwrite),
    Route("POST", "/channels/{channel_id}/typing", typing),
)
