"""Messages: post, read, edit, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import forms, message_payloads, posts
from sandbox.errors import ApiError, foreign_message, invalid_form
from sandbox.model import Channel, Json, Message
from sandbox.permissions import Permissions, require, speaking
from sandbox.posts import Draft
from sandbox.rest.router import Call, Route

if TYPE_CHECKING:
    from sandbox.world import World


def shown(message: Message, world: World) -> Json:
    return message_payloads.message(message, world, intent=world.reads_content)


def draft(call: Call, channel: Channel | None = None) -> Draft:
    """The body of a request as a message to post.

    Raises:
        ApiError: 50006 or 50035, something in it is wrong.
    """
    body = call.fields
    forms.check_message(body, call.files)
    return Draft(
        content=body.get("content") or "",
        files=call.files,
        embeds=body.get("embeds") or [],
        components=body.get("components") or [],
        flags=forms.settable_flags(body),
        tts=bool(body.get("tts")),
        reply_to=_target(call, channel),
        allowed_mentions=body.get("allowed_mentions"),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
    )


def _target(call: Call, channel: Channel | None) -> Message | None:
    reference = call.fields.get("message_reference")
    if reference is None or channel is None:
        return None
    found = channel.messages_by_id.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists") is not False:
        raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return found


def create(call: Call) -> Json:
    channel = call.channel()
    member = call.world.bot_member(channel)
    needed = int(speaking(channel))
    if call.files:
        needed |= Permissions.ATTACH_FILES
    if call.fields.get("embeds"):
        needed |= Permissions.EMBED_LINKS
    require(member, channel, needed)
    new = draft(call, channel)
    if new.reply_to is not None:
        _require_history(call, channel)
    return shown(posts.post(call.world, channel, call.world.bot_user, new), call.world)


def _require_history(call: Call, channel: Channel) -> None:
    try:
        require(call.world.bot_member(channel), channel, Permissions.READ_MESSAGE_HISTORY)
    except ApiError:
        message = "Cannot reply without permission to read message history"
        raise ApiError(403, 160002, message) from None


def get(call: Call) -> Json:
    return shown(call.history_message(), call.world)


def listing(call: Call) -> list[Json]:
    """Newest first, as Discord lists them whatever the anchor."""
    channel = call.channel()
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid_form("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    messages = sorted(channel.messages, key=lambda message: message.id)
    try:
        require(call.world.bot_member(channel), channel, Permissions.READ_MESSAGE_HISTORY)
    except ApiError:
        return []  # without the history permission Discord shows an empty channel
    picked = _window(messages, call, limit)
    return [shown(message, call.world) for message in sorted(picked, key=lambda m: m.id, reverse=True)]


def _window(messages: list[Message], call: Call, limit: int) -> list[Message]:
    if "before" in call.query:
        return [message for message in messages if message.id < int(call.query["before"])][-limit:]
    if "after" in call.query:
        return [message for message in messages if message.id > int(call.query["after"])][:limit]
    if "around" in call.query:
        anchor = int(call.query["around"])
        older = [message for message in messages if message.id < anchor][-(limit // 2) :]
        newer = [message for message in messages if message.id >= anchor][: limit - len(older)]
        return older + newer
    return messages[-limit:]


def edit(call: Call) -> Json:
    message = call.message()
    if message.author is not call.world.bot_user:
        raise foreign_message()
    if call.files:
        require(call.world.bot_member(message.channel), message.channel, Permissions.ATTACH_FILES)
    forms.check_message(call.fields, call.files, editing=True)
    posts.edit(call.world, message, call.fields, call.files)
    return shown(message, call.world)


def delete(call: Call) -> None:
    message = call.message()
    if message.author is not call.world.bot_user:
        require(call.world.bot_member(message.channel), message.channel, Permissions.MANAGE_MESSAGES)
    posts.delete(call.world, message)


ROUTES = (
    Route("POST", "/channels/{channel_id}/messages", create),
    Route("GET", "/channels/{channel_id}/messages", listing),
    Route("GET", "/channels/{channel_id}/messages/{message_id}", get),
    Route("PATCH", "/channels/{channel_id}/messages/{message_id}", edit),
    Route("DELETE", "/channels/{channel_id}/messages/{message_id}", delete),
)
