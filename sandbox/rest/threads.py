"""Threads: open, join, leave, see who is in."""

from functools import partial

from sandbox.checks.places import CreateThread
from sandbox.records.errors import invalid_form, thread_archived, unknown, wrong_channel_type
from sandbox.records.model import Channel, ChannelType, Json
from sandbox.rest.messages import draft, shown
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import payloads, posts, threads
from sandbox.verbs.permissions import Permissions, require, speaking

_READ = Permissions.READ_MESSAGE_HISTORY


def _require_parent(call: ApiCall, parent: Channel, needed: int) -> None:
    if parent.type is not ChannelType.TEXT:
        raise wrong_channel_type()
    require(call.world.bot_member(parent), parent, needed)


def open_from_message(call: ApiCall) -> Json:
    message = call.history_message()
    _require_parent(call, message.channel, Permissions.CREATE_PUBLIC_THREADS)
    thread = threads.open_from_message(call.world, message, call.world.bot_user, call.fields)
    return payloads.thread(thread, call.world.bot_user)


def open_in_channel(call: ApiCall) -> Json:
    parent = call.channel()
    if parent.type is ChannelType.FORUM:
        return _open_post(call, parent)
    public = call.fields.get("type") == ChannelType.PUBLIC_THREAD
    needed = Permissions.CREATE_PUBLIC_THREADS if public else Permissions.CREATE_PRIVATE_THREADS
    _require_parent(call, parent, needed)
    if call.fields.get("type") == _ANNOUNCEMENT_THREAD:
        raise wrong_channel_type()
    thread = threads.open_in_channel(call.world, parent, call.world.bot_user, call.fields)
    return payloads.thread(thread, call.world.bot_user)


def _open_post(call: ApiCall, forum: Channel) -> Json:
    """Open a forum's post: a thread that begins with a message."""
    member = call.world.bot_member(forum)
    require(member, forum, Permissions.SEND_MESSAGES | (Permissions.ATTACH_FILES if call.files else 0))
    if call.fields.get("message") is None:
        raise invalid_form("message", "BASE_TYPE_REQUIRED", "This field is required")
    known = {tag["id"] for tag in forum.available_tags}
    if any(str(tag) not in known for tag in call.fields.get("applied_tags") or []):
        raise invalid_form("applied_tags", "FORUM_TAG_INVALID", "Unknown tag.")
    first = draft(call, body=call.fields["message"])
    thread, message = posts.open_post(call.world, forum, call.world.bot_user, call.fields, first)
    return payloads.thread(thread, call.world.bot_user) | {"message": shown(message, call.world)}


def _thread(call: ApiCall) -> Channel:
    found = call.channel()
    if not found.is_thread:
        raise wrong_channel_type()
    return found


def add_member(call: ApiCall) -> None:
    thread = _thread(call)
    require(call.world.bot_member(thread), thread, speaking(thread))
    if thread.archived:
        raise thread_archived()
    user = call.user()
    if thread.guild is None or user.id not in thread.guild.members:
        raise unknown("Member")
    threads.join(call.world, thread, user)


def join(call: ApiCall) -> None:
    thread = _thread(call)
    if thread.archived:
        raise thread_archived()
    threads.join(call.world, thread, call.world.bot_user)


def remove_member(call: ApiCall) -> None:
    thread = _thread(call)
    if thread.owner_id != call.world.bot_user.id or thread.type is not ChannelType.PRIVATE_THREAD:
        require(call.world.bot_member(thread), thread, Permissions.MANAGE_THREADS)
    threads.leave(call.world, thread, call.user())


def leave(call: ApiCall) -> None:
    threads.leave(call.world, _thread(call), call.world.bot_user)


def members(call: ApiCall) -> list[Json]:
    thread = _thread(call)
    return [_member(call, thread, user_id) for user_id in thread.joined if _is_member(thread, user_id)]


def member(call: ApiCall) -> Json:
    thread, user_id = _thread(call), call.id("user_id")
    if user_id not in thread.joined or not _is_member(thread, user_id):
        raise unknown("Member")
    return _member(call, thread, user_id)


def _is_member(thread: Channel, user_id: int) -> bool:
    return thread.guild is not None and user_id in thread.guild.members


def _member(call: ApiCall, thread: Channel, user_id: int) -> Json:
    shown = payloads.thread_member(thread, user_id)
    if call.flag("with_member") and thread.guild is not None:
        shown["member"] = payloads.member(thread.guild.members[user_id])
    return shown


def active_threads(call: ApiCall) -> Json:
    world = call.world
    found = [
        one for one in call.guild().channels.values() if one.is_thread and not one.archived and world.bot_sees(one)
    ]
    return _listed(call, found)


def _archived(call: ApiCall, type_: ChannelType, needed: Permissions = _READ, *, joined: bool = False) -> Json:
    """Return the archived threads of a type, the last archived first; ``joined`` keeps those that the bot is in."""
    parent = call.channel(int(needed))
    if parent.type not in (ChannelType.TEXT, ChannelType.FORUM):
        raise wrong_channel_type()
    me, limit = call.world.bot_user, call.number("limit", 50, low=2, high=100)
    found = [one for one in parent.threads if one.archived and one.type is type_]
    found = [one for one in found if not joined or me.id in one.joined]
    found.sort(key=lambda one: (one.archive_changed_at or call.world.now(), one.id), reverse=True)
    return _listed(call, found[:limit]) | {"has_more": len(found) > limit}


def _listed(call: ApiCall, found: list[Channel]) -> Json:
    me = call.world.bot_user
    return {
        "threads": [payloads.thread(one, me) for one in found],
        "members": [payloads.thread_member(one, me.id) for one in found if me.id in one.joined],
    }


_ANNOUNCEMENT_THREAD = 10
_archived_private = partial(_archived, type_=ChannelType.PRIVATE_THREAD, needed=_READ | Permissions.MANAGE_THREADS)
_archived_joined = partial(_archived, type_=ChannelType.PRIVATE_THREAD, joined=True)
ROUTES = (
    Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", open_from_message, CreateThread, status=201),
    Route("GET", "/guilds/{guild_id}/threads/active", active_threads),
    Route("POST", "/channels/{channel_id}/threads", open_in_channel, CreateThread, status=201),
    Route("GET", "/channels/{channel_id}/threads/archived/public", partial(_archived, type_=ChannelType.PUBLIC_THREAD)),
    Route("GET", "/channels/{channel_id}/threads/archived/private", _archived_private),
    Route("GET", "/channels/{channel_id}/users/@me/threads/archived/private", _archived_joined),
    Route("GET", "/channels/{channel_id}/thread-members", members),
    Route("PUT", "/channels/{channel_id}/thread-members/@me", join),
    Route("DELETE", "/channels/{channel_id}/thread-members/@me", leave),
    Route("GET", "/channels/{channel_id}/thread-members/{user_id}", member),
    Route("PUT", "/channels/{channel_id}/thread-members/{user_id}", add_member),
    Route("DELETE", "/channels/{channel_id}/thread-members/{user_id}", remove_member),
)
