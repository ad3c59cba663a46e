"""The verbs for messages and reactions: post, edit, delete, react."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import media, message_payloads, payloads, threads
from sandbox.errors import thread_archived, too_large, too_many_reactions, unknown
from sandbox.model import (
    HAS_THREAD,
    LOADING,
    UPLOAD_LIMIT,
    Attachment,
    Channel,
    File,
    Json,
    Message,
    MessageType,
    Origin,
    Reaction,
    User,
)

if TYPE_CHECKING:
    from sandbox.world import World

NONCE_LIFETIME_S = 300.0
MAX_REACTIONS = 20


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
    allowed_mentions: Json | None = None
    nonce: str | int | None = None
    enforce_nonce: bool = False
    type: MessageType = MessageType.DEFAULT
    origin: Origin | None = None


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
    world.emit(
        "MESSAGE_CREATE", lambda intent: message_payloads.located(message, world, intent=intent), channel=channel
    )
    return message


def _build(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    message = Message(
        id=world.ids.next(),
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
    )
    message.files = _store(world, message, draft.files)
    _mark_embedded(message)
    if draft.reply_to is not None:
        message.reference = (draft.reply_to.channel.id, draft.reply_to.id)
        message.referenced_message = draft.reply_to
        if draft.type is MessageType.DEFAULT:
            message.type = MessageType.REPLY
    _mention(world, message, draft.allowed_mentions)
    return message


def _store(world: World, message: Message, files: tuple[File, ...]) -> list[Attachment]:
    if any(len(file.content) > UPLOAD_LIMIT for file in files):
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
    """Work out whom a message mentions, of those that ``allowed_mentions`` lets it."""
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
    """Apply a PATCH: only the keys it has; of the attachments, only those it lists (and the new files)."""
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
    world.emit_message("MESSAGE_UPDATE", message)


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
    gone = {"id": str(message.id), "channel_id": str(message.channel.id)} | _guild_of(message.channel)
    if message.ephemeral:
        world.changed()
        return
    world.emit("MESSAGE_DELETE", lambda _: gone, channel=message.channel)


def parse_emoji(written: str) -> tuple[str, int | None]:
    """Split what a route or a member writes into name and id.

    Raises:
        ApiError: 10014, it is no emoji that exists here.
    """
    name, _, number = written.partition(":")
    if number or not name or any(sign.isalnum() and sign.isascii() for sign in name.rstrip("\ufe0f\u20e3")):
        keycap = name.endswith("\u20e3")
        if not keycap:
            raise unknown("Emoji")  # no server here has emoji of its own
    return name, None


def _find(message: Message, name: str) -> Reaction | None:
    bare = name.replace("\ufe0f", "")
    return next((found for found in message.reactions if found.name.replace("\ufe0f", "") == bare), None)


def find_reaction(message: Message, written: str) -> Reaction:
    name, _ = parse_emoji(written)
    found = _find(message, name)
    if found is None:
        raise unknown("Emoji")
    return found


def is_new_emoji(message: Message, written: str) -> bool:
    return _find(message, parse_emoji(written)[0]) is None


def react(world: World, message: Message, user: User, written: str) -> None:
    """Add one user's reaction; a second time changes nothing."""
    if message.channel.is_thread and message.channel.archived:
        raise thread_archived()
    name, _ = parse_emoji(written)
    reaction = _find(message, name)
    if reaction is None:
        if len(message.reactions) >= MAX_REACTIONS:
            raise too_many_reactions()
        reaction = Reaction(name=name)
        message.reactions.append(reaction)
    if user in reaction.users:
        return
    reaction.users.append(user)
    shown = _reaction_event(message, user, reaction) | {"message_author_id": str(message.author.id)}
    guild = message.channel.guild
    if guild is not None:
        shown["member"] = payloads.member(guild.members[user.id])
    world.emit("MESSAGE_REACTION_ADD", lambda _: shown, channel=message.channel)


def unreact(world: World, message: Message, user: User, written: str) -> None:
    if message.channel.is_thread and message.channel.archived:
        raise thread_archived()
    reaction = find_reaction(message, written)
    if user not in reaction.users:
        return
    reaction.users.remove(user)
    if not reaction.users:
        message.reactions.remove(reaction)
    shown = _reaction_event(message, user, reaction)
    world.emit("MESSAGE_REACTION_REMOVE", lambda _: shown, channel=message.channel)


def _reaction_event(message: Message, user: User, reaction: Reaction) -> Json:
    return {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": message_payloads.emoji(reaction),
        "burst": False,
        "type": 0,
    } | _guild_of(message.channel)


def clear_reactions(world: World, message: Message, written: str | None) -> None:
    """Remove everybody's reactions, of one emoji or of all."""
    shown: Json = {"channel_id": str(message.channel.id), "message_id": str(message.id)}
    shown |= _guild_of(message.channel)
    if written is None:
        message.reactions.clear()
        world.emit("MESSAGE_REACTION_REMOVE_ALL", lambda _: shown, channel=message.channel)
        return
    reaction = find_reaction(message, written)
    message.reactions.remove(reaction)
    shown["emoji"] = message_payloads.emoji(reaction)
    world.emit("MESSAGE_REACTION_REMOVE_EMOJI", lambda _: shown, channel=message.channel)


def _guild_of(channel: Channel) -> Json:
    return {"guild_id": str(channel.guild.id)} if channel.guild else {}
