"""Messages: post, read, edit, delete, pin, react."""

from datetime import timedelta

from sandbox.checks import forms
from sandbox.checks.messages import BulkDelete, CreateMessage, EditMessage
from sandbox.records.clock import iso
from sandbox.records.errors import ApiError, foreign_message, invalid_form, no_direct_messages, system_message
from sandbox.records.model import Channel, ChannelType, Json, Message, MessageType
from sandbox.rest.router import ApiCall, Route
from sandbox.verbs import message_payloads, payloads, posts, reactions
from sandbox.verbs.permissions import Permissions, require, require_to_speak
from sandbox.verbs.posts import Draft
from sandbox.verbs.world import World

MAX_BULK_AGE = timedelta(days=14)


def shown(message: Message, world: World) -> Json:
    return message_payloads.message(message, world, intent=world.reads_content)


def draft(call: ApiCall, channel: Channel | None = None, body: Json | None = None) -> Draft:
    """Return a body as a message to post; None is the body of the request. Raises as `forms.check_message`."""
    body = call.fields if body is None else body
    forms.check_message(body, call.files)
    return Draft(
        content=body.get("content") or "",
        files=call.files,
        embeds=body.get("embeds") or [],
        components=body.get("components") or [],
        flags=forms.settable_flags(body),
        tts=bool(body.get("tts")),
        reply_to=_target(body, channel),
        allowed_mentions=body.get("allowed_mentions"),
        nonce=body.get("nonce"),
        enforce_nonce=bool(body.get("enforce_nonce")),
    )


def _target(body: Json, channel: Channel | None) -> Message | None:
    reference = body.get("message_reference")
    if reference is None or channel is None:
        return None
    found = channel.messages_by_id.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists") is not False:
        raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return found


def create(call: ApiCall) -> Json:
    channel = call.channel()
    require_to_speak(call.world.bot_member(channel), channel, files=bool(call.files), body=call.fields)
    if channel.type is ChannelType.DM and not all(user.takes_dms for user in channel.recipients):
        raise no_direct_messages()
    new = draft(call, channel)
    if new.reply_to is not None:
        _require_history(call, channel)
    return shown(posts.post(call.world, channel, call.world.bot_user, new), call.world)


def _require_history(call: ApiCall, channel: Channel) -> None:
    try:
        require(call.world.bot_member(channel), channel, Permissions.READ_MESSAGE_HISTORY)
    except ApiError:
        message = "Cannot reply without permission to read message history"
        raise ApiError(403, 160002, message) from None


def listing(call: ApiCall) -> list[Json]:
    """Return messages, the newest first, as Discord lists them whatever the anchor."""
    channel = call.channel()
    limit = call.number("limit", 50, low=1, high=100)
    messages = sorted(channel.messages, key=lambda message: message.id)
    try:
        require(call.world.bot_member(channel), channel, Permissions.READ_MESSAGE_HISTORY)
    except ApiError:
        return []  # without the history permission Discord shows an empty channel
    picked = _window(messages, call, limit)
    return [shown(message, call.world) for message in sorted(picked, key=lambda m: m.id, reverse=True)]


def _window(messages: list[Message], call: ApiCall, limit: int) -> list[Message]:
    if "before" in call.query:
        return [message for message in messages if message.id < call.number("before", 0)][-limit:]
    if "after" in call.query:
        return [message for message in messages if message.id > call.number("after", 0)][:limit]
    if "around" in call.query:
        anchor = call.number("around", 0)
        older = [message for message in messages if message.id < anchor][-(limit // 2) :]
        newer = [message for message in messages if message.id >= anchor][: limit - len(older)]
        return older + newer
    return messages[-limit:]


def edit(call: ApiCall) -> Json:
    message = call.message()
    if message.author is not call.world.bot_user:
        raise foreign_message()
    if call.files:
        require(call.world.bot_member(message.channel), message.channel, Permissions.ATTACH_FILES)
    forms.check_message(call.fields, call.files, editing=True)
    posts.count_late_edit(call.world, message)
    posts.edit(call.world, message, call.fields, call.files)
    return shown(message, call.world)


def delete(call: ApiCall) -> None:
    message = call.message()
    if message.author is not call.world.bot_user:
        require(call.world.bot_member(message.channel), message.channel, Permissions.MANAGE_MESSAGES)
    posts.delete(call.world, message)


def bulk_delete(call: ApiCall) -> None:
    """Delete up to a hundred messages that are younger than two weeks; those that are gone already do not matter."""
    channel = call.channel(int(Permissions.MANAGE_MESSAGES | Permissions.READ_MESSAGE_HISTORY))
    if channel.guild is None:
        raise ApiError(403, 50003, "Cannot execute action on a DM channel")
    wanted = {int(one) for one in call.fields["messages"]}
    found = [channel.messages_by_id[one] for one in sorted(wanted) if one in channel.messages_by_id]
    oldest_allowed = call.world.now() - MAX_BULK_AGE
    if any(message.created_at < oldest_allowed for message in found):
        raise ApiError(400, 50034, "You can only bulk delete messages that are under 14 days old.")
    posts.delete_many(call.world, channel, [message for message in found if not message.ephemeral])


# Pins


def pins(call: ApiCall) -> Json:
    channel = call.channel(int(Permissions.READ_MESSAGE_HISTORY))
    limit = call.number("limit", 50, low=1, high=50)
    pinned = posts.pinned(channel)
    items = [{"pinned_at": iso(at), "message": shown(message, call.world)} for at, message in pinned]
    return {"items": items[:limit], "has_more": len(items) > limit}


def old_pins(call: ApiCall) -> list[Json]:
    channel = call.channel(int(Permissions.READ_MESSAGE_HISTORY))
    return [shown(message, call.world) for _, message in posts.pinned(channel)]


def pin(call: ApiCall) -> None:
    message = call.message(int(Permissions.PIN_MESSAGES))
    if message.type not in (MessageType.DEFAULT, MessageType.REPLY, *_ANSWERS):
        raise system_message()
    posts.pin(call.world, message, call.world.bot_user)


def unpin(call: ApiCall) -> None:
    posts.unpin(call.world, call.message(int(Permissions.PIN_MESSAGES)))


# Reactions


def add_reaction(call: ApiCall) -> None:
    message = call.history_message()
    emoji = call.params["emoji_name"]
    if reactions.is_new_emoji(message, emoji):
        require(call.world.bot_member(message.channel), message.channel, Permissions.ADD_REACTIONS)
    reactions.react(call.world, message, call.world.bot_user, emoji)


def remove_own_reaction(call: ApiCall) -> None:
    reactions.unreact(call.world, call.history_message(), call.world.bot_user, call.params["emoji_name"])


def remove_reaction(call: ApiCall) -> None:
    message = call.history_message(Permissions.MANAGE_MESSAGES)
    reactions.unreact(call.world, message, call.user(), call.params["emoji_name"])


def reacting(call: ApiCall) -> list[Json]:
    reaction = reactions.find_reaction(call.history_message(), call.params["emoji_name"])
    after, limit = call.number("after", 0), call.number("limit", 25, low=1, high=100)
    people = sorted(reaction.users, key=lambda user: user.id)
    return [payloads.user(user) for user in people if user.id > after][:limit]


def clear_reactions(call: ApiCall) -> None:
    message = call.history_message(Permissions.MANAGE_MESSAGES)
    reactions.clear_reactions(call.world, message, call.params.get("emoji_name"))


_ANSWERS = (MessageType.CHAT_INPUT_COMMAND, MessageType.CONTEXT_MENU_COMMAND)
_MESSAGES = "/channels/{channel_id}/messages"
_REACTIONS = f"{_MESSAGES}/{{message_id}}/reactions"
ROUTES = (
    Route("POST", _MESSAGES, create, CreateMessage),
    Route("GET", _MESSAGES, listing),
    Route("POST", f"{_MESSAGES}/bulk-delete", bulk_delete, BulkDelete),
    Route("GET", f"{_MESSAGES}/pins", pins),
    Route("PUT", f"{_MESSAGES}/pins/{{message_id}}", pin),
    Route("DELETE", f"{_MESSAGES}/pins/{{message_id}}", unpin),
    Route("GET", "/channels/{channel_id}/pins", old_pins),
    Route("PUT", "/channels/{channel_id}/pins/{message_id}", pin),
    Route("DELETE", "/channels/{channel_id}/pins/{message_id}", unpin),
    Route("GET", f"{_MESSAGES}/{{message_id}}", lambda call: shown(call.history_message(), call.world)),
    Route("PATCH", f"{_MESSAGES}/{{message_id}}", edit, EditMessage),
    Route("DELETE", f"{_MESSAGES}/{{message_id}}", delete),
    Route("PUT", f"{_REACTIONS}/{{emoji_name}}/@me", add_reaction),
    Route("DELETE", f"{_REACTIONS}/{{emoji_name}}/@me", remove_own_reaction),
    Route("DELETE", f"{_REACTIONS}/{{emoji_name}}/{{user_id}}", remove_reaction),
    Route("GET", f"{_REACTIONS}/{{emoji_name}}", reacting),
    Route("DELETE", f"{_REACTIONS}/{{emoji_name}}", clear_reactions),
    Route("DELETE", _REACTIONS, clear_reactions),
)
