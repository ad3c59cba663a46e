"""Channels: get, change, close, typing."""

from __future__ import annotations

from sandbox import forms, payloads, threads
from sandbox.errors import missing_permissions
from sandbox.model import Channel, ChannelType, Json
from sandbox.permissions import Permissions, require, speaking
from sandbox.rest.router import Call, Route


def channel(call: Call) -> Json:
    found = call.channel()
    return payloads.thread(found, call.world.bot_user) if found.is_thread else payloads.channel(found)


def change(call: Call) -> Json:
    found = call.channel()
    if found.is_thread:
        if "name" in call.fields or "auto_archive_duration" in call.fields:
            forms.check_thread({"name": found.name} | call.fields)
        threads.require_change(call.world, found, call.fields)
        threads.change(call.world, found, call.fields)
        return payloads.thread(found, call.world.bot_user)
    if found.type is ChannelType.DM:
        raise missing_permissions()
    require(call.world.bot_member(found), found, Permissions.MANAGE_CHANNELS)
    for key in ("name", "topic", "nsfw", "rate_limit_per_user"):
        if key in call.fields:
            setattr(found, key, call.fields[key])
    call.world.emit("CHANNEL_UPDATE", lambda _: payloads.channel(found), channel=found)
    return payloads.channel(found)


def delete(call: Call) -> Json:
    found = call.channel()
    if not found.is_thread:
        raise missing_permissions()  # the sandbox lets bots delete threads only
    require(call.world.bot_member(found), found, Permissions.MANAGE_THREADS)
    shown = payloads.thread(found)
    threads.delete(call.world, found)
    return shown


def typing(call: Call) -> None:
    found = call.channel()
    require(call.world.bot_member(found), found, speaking(found))
    _announce_typing(call, found)


def _announce_typing(call: Call, where: Channel) -> None:
    world = call.world
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
    Route("GET", "/channels/{channel_id}", channel),
    Route("PATCH", "/channels/{channel_id}", change),
    Route("DELETE", "/channels/{channel_id}", delete),
    Route("POST", "/channels/{channel_id}/typing", typing),
)
