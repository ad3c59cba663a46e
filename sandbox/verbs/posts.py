"""The verbs for messages and reactions: post, edit, delete, react."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sandbox.records.clock import iso
from sandbox.records.errors import late_edit, thread_archived, too_large, too_many_pins
from sandbox.records.model import (
    EPHEMERAL,
    HAS_SNAPSHOT,
    HAS_THREAD,
    LOADING,
    Channel,
    ChannelType,
    Json,
    Message,
    MessageOrigin,
    MessageType,
    User,
    Webhook,
)
from sandbox.records.parts import Attachment, File
from sandbox.verbs import media, message_payloads, threads
from sandbox.verbs.world import World

NONCE_LIFETIME_S = 300.0
MAX_PINS = 250
LATE_EDITS, LATE_AFTER_S, LATE_WINDOW_S = 5, 3600.0, 60.0  # edits a minute of a message older than an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it is posted."""

    content: str = ""
    files: tuple[File, ...] = ()
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: int = 0
    tts: bool = False
    reply_to: Message | None = None
    forwarded: Message | None = None
    allowed_mentions: Json | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    type: MessageType = MessageType.DEFAULT
    origin: MessageOrigin | None = None
    webhook_id: int | None = None
    id: int | None = None  # of a forum post's first message, which is that of its thread


def from_webhook(draft: Draft, webhook: Webhook) -> Draft:
    """Return the same message as an incoming webhook posts it."""
    return replace(draft, webhook_id=webhook.id, flags=draft.flags & ~EPHEMERAL)


def post(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    """Post a message; a repeated enforced nonce returns the first one instead."""
    key = (channel.id, author.id, draft.nonce)
    if draft.enforce_nonce and draft.nonce is not None:
        posted, at = world.nonces.get(key, (None, 0.0))
        if posted is not None and world.clock.now() - at < NONCE_LIFETIME_S:
            return posted
    if channel.is_thread:
        threads.wake(world, channel)
    message = _build(world, channel, author, draft)
    channel.messages_by_id[message.id] = message
    if draft.nonce is not None:
        world.nonces[key] = (message, world.clock.now())
    if message.ephemeral:
        world.changed()
        return message
    channel.last_message_id = message.id
    if channel.is_thread:
        channel.total_sent += 1
        threads.join(world, channel, author)
    message_payloads.emit(world, "MESSAGE_CREATE", message)
    return message


def open_post(world: World, forum: Channel, owner: User, settings: Json, first: Draft) -> tuple[Channel, Message]:
    """Open a forum's post; its first message bears the thread's identifier."""
    thread = threads.open_empty(world, forum, world.ids.next(), ChannelType.PUBLIC_THREAD, owner, settings)
    thread.applied_tags = [int(tag) for tag in settings.get("applied_tags") or []]
    threads.announce(world, thread)
    return thread, post(world, thread, owner, replace(first, id=thread.id))


def _build(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    message = Message(
        id=draft.id or world.ids.next(),
        channel=channel,
        author=author,
        content=draft.content,
        type=draft.type,
        flags=draft.flags,
        embeds=draft.embeds,
        components=draft.components,
        nonce=draft.nonce,
        tts=draft.tts,
        origin=draft.origin,
        webhook_id=draft.webhook_id,
    )
    message.files = _store(world, message, draft.files)
    _mark_embedded(message)
    if draft.reply_to is not None:
        message.reference = (draft.reply_to.channel.id, draft.reply_to.id)
        message.referenced_message = draft.reply_to
        if draft.type is MessageType.DEFAULT:
            message.type = MessageType.REPLY
    if (original := draft.forwarded) is not None:
        message.reference = (original.channel.id, original.id)
        message.flags |= HAS_SNAPSHOT
        message.snapshots = original.snapshots or [replace(original, files=list(original.files))]
    _mention(world, message, draft.allowed_mentions)
    return message


def _store(world: World, message: Message, files: tuple[File, ...]) -> list[Attachment]:
    if any(len(file.content) > message.channel.upload_limit for file in files):
        raise too_large()
    return [
        world.cdn.store(file, id=world.ids.next(), channel_id=message.channel.id, ephemeral=message.ephemeral)
        for file in files
    ]


def _mark_embedded(message: Message) -> None:
    names = media.embedded_names(message.embeds)
    for attachment in message.files:
        attachment.embedded = attachment.filename in names


def _mention(world: World, message: Message, allowed: Json | None) -> None:
    """Set the mentions of a message, as far as ``allowed_mentions`` lets it mention them."""
    users = [int(found) for found in re.findall(r"<@!?(\d+)>", message.content)]
    roles = [int(found) for found in re.findall(r"<@&(\d+)>", message.content)]
    everyone = bool(re.search(r"@(everyone|here)\b", message.content))
    replied = True
    if allowed is not None:
        parsed = allowed.get("parse") or []
        users = [user for user in users if "users" in parsed or user in _ids(allowed.get("users"))]
        roles = [role for role in roles if "roles" in parsed or role in _ids(allowed.get("roles"))]
        everyone = everyone and "everyone" in parsed
        replied = bool(allowed.get("replied_user"))
    target = message.referenced_message
    if message.type is MessageType.REPLY and replied and target is not None and target.origin is None:
        users.append(target.author.id)  # the response to an interaction is a webhook's: a reply does not ping it
    message.mentions = [world.users[user] for user in dict.fromkeys(users) if user in world.users]
    message.mention_roles = list(dict.fromkeys(roles))
    message.mention_everyone = everyone


def _ids(given: Any) -> set[int]:
    return {int(each) for each in given or []}


def edit(world: World, message: Message, changes: Json, files: tuple[File, ...]) -> None:
    """Apply a PATCH to a message. Only the given keys change. Attachments that it does not list are removed."""
    if message.channel.is_thread and message.channel.archived:
        raise thread_archived()
    added = _store(world, message, files)
    for key in ("content", "embeds", "components"):
        if key in changes:
            setattr(message, key, changes[key] or ("" if key == "content" else []))
    if changes.get("flags") is not None:
        message.flags = (message.flags & (HAS_THREAD | LOADING | 64)) | (changes["flags"] & ~(HAS_THREAD | LOADING))
    _keep_attachments(message, changes, added)
    if "content" in changes:
        _mention(world, message, changes.get("allowed_mentions"))
    if message.flags & LOADING:
        message.flags &= ~LOADING  # the first edit of a deferred answer is its beginning, not an edit
    else:
        message.edited_at = world.now()
    message_payloads.emit(world, "MESSAGE_UPDATE", message)


def count_late_edit(world: World, message: Message) -> None:
    """Check that the bot may edit a message that is older than an hour once more.

    Raises:
        ApiError: 30046, it did so too often within the last minute.
    """
    now = world.clock.now()
    if now - message.created_at.timestamp() <= LATE_AFTER_S:
        return
    recent = [at for at in message.late_edits if now - at < LATE_WINDOW_S]
    if len(recent) >= LATE_EDITS:
        raise late_edit(recent[0] + LATE_WINDOW_S - now)
    message.late_edits = [*recent, now]


def _keep_attachments(message: Message, changes: Json, added: list[Attachment]) -> None:
    names = media.embedded_names(message.embeds)
    if changes.get("attachments") is not None:
        listed = {int(each["id"]): each for each in changes["attachments"]}
        for attachment in message.files:
            if attachment.id in listed and "description" in listed[attachment.id]:
                attachment.description = listed[attachment.id]["description"]
        message.files = [
            kept
            for kept in message.files
            if kept.id in listed or (kept.embedded and kept.filename in names - {new.filename for new in added})
        ]
    message.files = message.files + added
    _mark_embedded(message)


def delete(world: World, message: Message) -> None:
    message.deleted = True
    message.channel.messages_by_id.pop(message.id, None)
    gone = {"id": str(message.id), "channel_id": str(message.channel.id)} | guild_of(message.channel)
    if message.ephemeral:
        world.changed()
        return
    world.emit("MESSAGE_DELETE", lambda _: gone, channel=message.channel)


def delete_many(world: World, channel: Channel, messages: list[Message]) -> None:
    """Delete several messages at once."""
    for message in messages:
        message.deleted = True
        del channel.messages_by_id[message.id]
    shown = {"ids": [str(message.id) for message in messages], "channel_id": str(channel.id)} | guild_of(channel)
    world.emit("MESSAGE_DELETE_BULK", lambda _: shown, channel=channel)


def pinned(channel: Channel) -> list[tuple[datetime, Message]]:
    """Return the pinned messages with the time of each pin, newest first."""
    found = [(message.pinned_at, message) for message in channel.messages if message.pinned_at is not None]
    return sorted(found, key=lambda one: one[0], reverse=True)


def pin(world: World, message: Message, user: User) -> None:
    """Pin a message, and post the line that says so."""
    if message.pinned_at is not None:
        return
    channel = message.channel
    if len(pinned(channel)) >= MAX_PINS:
        raise too_many_pins()
    message.pinned_at = world.now()
    _pins_changed(world, message)
    line = Draft(type=MessageType.CHANNEL_PINNED_MESSAGE, reply_to=message, allowed_mentions={"parse": []})
    post(world, channel, user, line)


def unpin(world: World, message: Message) -> None:
    if message.pinned_at is not None:
        message.pinned_at = None
        _pins_changed(world, message)


def _pins_changed(world: World, message: Message) -> None:
    channel = message.channel
    newest = pinned(channel)[:1]
    shown: Json = {"channel_id": str(channel.id), "last_pin_timestamp": iso(newest[0][0]) if newest else None}
    world.emit("CHANNEL_PINS_UPDATE", lambda _: shown | guild_of(channel), channel=channel)
    message_payloads.emit(world, "MESSAGE_UPDATE", message)


def guild_of(channel: Channel) -> Json:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}
