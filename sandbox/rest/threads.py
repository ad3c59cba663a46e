"""Threads: open, join, leave, see who is in."""

from __future__ import annotations

from sandbox import forms, payloads, threads
from sandbox.errors import ApiError, thread_archived, unknown
from sandbox.model import Channel, ChannelType, Json, User
from sandbox.permissions import Permissions, require, speaking
from sandbox.rest.router import Call, Route


def _require_parent(call: Call, parent: Channel, needed: int) -> None:
    if parent.type is not ChannelType.TEXT:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    require(call.world.bot_member(parent), parent, needed)
    forms.check_thread(call.fields)


def open_from_message(call: Call) -> Json:
    message = call.history_message()
    _require_parent(call, message.channel, Permissions.CREATE_PUBLIC_THREADS)
    thread = threads.open_from_message(call.world, message, call.world.bot_user, call.fields)
    return payloads.thread(thread, call.world.bot_user)


def open_in_channel(call: Call) -> Json:
    parent = call.channel()
    public = call.fields.get("type") == ChannelType.PUBLIC_THREAD
    needed = Permissions.CREATE_PUBLIC_THREADS if public else Permissions.CREATE_PRIVATE_THREADS
    _require_parent(call, parent, needed)
    thread = threads.open_in_channel(call.world, parent, call.world.bot_user, call.fields)
    return payloads.thread(thread, call.world.bot_user)


def _thread(call: Call) -> Channel:
    found = call.channel()
    if not found.is_thread:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return found


def _user(call: Call) -> User:
    found = call.world.users.get(call.id("user_id"))
    if found is None:
        raise unknown("User")
    return found


def add_member(call: Call) -> None:
    thread = _thread(call)
    require(call.world.bot_member(thread), thread, speaking(thread))
    if thread.archived:
        raise thread_archived()
    user = _user(call)
    if thread.guild is None or user.id not in thread.guild.members:
        raise unknown("Member")
    threads.join(call.world, thread, user)


def join(call: Call) -> None:
    thread = _thread(call)
    if thread.archived:
        raise thread_archived()
    threads.join(call.world, thread, call.world.bot_user)


def remove_member(call: Call) -> None:
    thread = _thread(call)
    if thread.owner_id != call.world.bot_user.id or thread.type is not ChannelType.PRIVATE_THREAD:
        require(call.world.bot_member(thread), thread, Permissions.MANAGE_THREADS)
    threads.leave(call.world, thread, _user(call))


def leave(call: Call) -> None:
    threads.leave(call.world, _thread(call), call.world.bot_user)


def members(call: Call) -> list[Json]:
    thread = _thread(call)
    return [_member(call, thread, user_id) for user_id in thread.joined]


def member(call: Call) -> Json:
    thread, user_id = _thread(call), call.id("user_id")
    if user_id not in thread.joined:
        raise unknown("Member")
    return _member(call, thread, user_id)


def _member(call: Call, thread: Channel, user_id: int) -> Json:
    shown = payloads.thread_member(thread, user_id)
    if call.query.get("with_member") in ("1", "true", "True") and thread.guild is not None:
        shown["member"] = payloads.member(thread.guild.members[user_id])
    return shown


def archived(call: Call) -> Json:
    parent, world = call.channel(int(Permissions.READ_MESSAGE_HISTORY)), call.world
    found = [one for one in parent.threads if one.archived and one.type is ChannelType.PUBLIC_THREAD]
    me = world.bot_user
    return {
        "threads": [payloads.thread(one, me) for one in reversed(found)],
        "members": [payloads.thread_member(one, me.id) for one in found if me.id in one.joined],
        "has_more": False,
    }


ROUTES = (
    Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", open_from_message, status=201),
    Route("POST", "/channels/{channel_id}/threads", open_in_channel, status=201),
    Route("GET", "/channels/{channel_id}/threads/archived/public", archived),
    Route("GET", "/channels/{channel_id}/thread-members", members),
    Route("PUT", "/channels/{channel_id}/thread-members/@me", join),
    Route("DELETE", "/channels/{channel_id}/thread-members/@me", leave),
    Route("GET", "/channels/{channel_id}/thread-members/{user_id}", member),
    Route("PUT", "/channels/{channel_id}/thread-members/{user_id}", add_member),
    Route("DELETE", "/channels/{channel_id}/thread-members/{user_id}", remove_member),
)
