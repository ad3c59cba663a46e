"""Messages as JSON, as the bot gets to see them."""

from sandbox.records import cdn
from sandbox.records.clock import iso
from sandbox.records.model import ChannelType, Json, Message, MessageOrigin, Reaction, User
from sandbox.records.parts import Attachment
from sandbox.verbs import media, payloads
from sandbox.verbs.world import World


def attachment(one: Attachment, world: World) -> Json:
    shown: Json = {
        "id": str(one.id),
        "filename": one.filename,
        "size": len(one.bytes),
        "url": world.cdn.url(one),
        "proxy_url": world.cdn.url(one, cdn.PROXY_HOST),
        "content_type": one.content_type,
    }
    if one.size is not None:
        shown["width"], shown["height"] = one.size
    if one.description is not None:
        shown["description"] = one.description
    if one.ephemeral:
        shown["ephemeral"] = True
    return shown


def emoji(one: Reaction) -> Json:
    return {"id": payloads.id_or_none(one.id), "name": one.name}


def reaction(one: Reaction, reader: User) -> Json:
    return {
        "emoji": emoji(one),
        "count": len(one.users),
        "count_details": {"burst": 0, "normal": len(one.users)},
        "burst_colors": [],
        "me_burst": False,
        "me": reader in one.users,
    }


def owners(one: MessageOrigin) -> Json:
    """Return who installed the bot for this interaction: the user (1) or the server (0; in a DM its id is 0)."""
    return {"1": str(one.user.id)} if one.user_install else {"0": str(one.guild_id or 0)}


def origin(one: MessageOrigin) -> Json:
    """Return the ``interaction_metadata`` of a message."""
    shown: Json = {
        "id": str(one.id),
        "type": one.type,
        "user": payloads.user(one.user),
        "authorizing_integration_owners": owners(one),
    }
    optional = {
        "original_response_message_id": one.original_id,
        "target_message_id": one.target_message_id,
        "interacted_message_id": one.component_message_id,
    }
    shown |= {key: str(value) for key, value in optional.items() if value is not None}
    if one.trigger is not None:
        shown["triggering_interaction_metadata"] = origin(one.trigger)
    return shown


def message(one: Message, world: World, *, intent: bool, nested: bool = False) -> Json:
    """Return a message as the bot gets to see it.

    Args:
        intent: whether this reader has the message-content intent; without it, other members' messages are empty.
        nested: for a message inside another one, which is not followed further.
    """
    readable = intent or _readable_without_intent(one, world.bot_user)
    shown: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "type": int(one.type),
        "author": payloads.user(one.author),
        "content": one.content if readable else "",
        "timestamp": iso(one.created_at),
        "edited_timestamp": iso(one.edited_at) if one.edited_at else None,
        "tts": one.tts,
        "mention_everyone": one.mention_everyone,
        "mentions": [payloads.user(person) for person in one.mentions],
        "mention_roles": [str(role_id) for role_id in one.mention_roles],
        "attachments": [attachment(each, world) for each in one.attachments] if readable else [],
        "embeds": media.embeds(one, world.cdn) if readable else [],
        "components": media.components(one, world.cdn) if readable else [],
        "pinned": one.pinned_at is not None,
        "flags": one.flags,
    }
    if one.reactions:
        shown["reactions"] = [reaction(each, world.bot_user) for each in one.reactions]
    if one.nonce is not None:
        shown["nonce"] = one.nonce
    if one.channel.is_thread:
        shown["position"] = sum(1 for other in one.channel.messages_by_id if other < one.id)
    if one.thread is not None:
        shown["thread"] = payloads.thread(one.thread, world.bot_user)
    if one.webhook_id is not None:
        shown["webhook_id"] = str(one.webhook_id)
    if one.origin is not None:
        shown |= _answer_marks(one.origin, world)
    return shown | _reference(one, world, intent=intent, nested=nested)


def _readable_without_intent(message: Message, bot: User) -> bool:
    """Return whether a bot reads this message anyway: its own, a DM, or one that mentions it.

    A reply that pings the bot mentions it, but only if it answers an ordinary message. The response to a slash command
    is a webhook's message, which a reply does not ping; `posts` leaves it out of the mentions.
    """
    return message.author is bot or message.channel.type is ChannelType.DM or bot in message.mentions


def _answer_marks(from_: MessageOrigin, world: World) -> Json:
    marks: Json = {
        "webhook_id": str(world.bot_user.id),
        "application_id": str(world.bot_user.id),
        "interaction_metadata": origin(from_),
    }
    if from_.name:
        marks["interaction"] = {
            "id": str(from_.id), "type": from_.type, "name": from_.name, "user": payloads.user(from_.user),
        }  # fmt: skip
    return marks


def _reference(one: Message, world: World, *, intent: bool, nested: bool) -> Json:
    if one.reference is None:
        return {}
    if one.snapshots:
        return _forward(one, one.reference, world, intent=intent)
    channel_id, message_id = one.reference
    pointer: Json = {"type": 0, "channel_id": str(channel_id)}
    if one.channel.guild is not None:
        pointer["guild_id"] = str(one.channel.guild.id)
    if message_id is None:
        return {"message_reference": pointer}
    pointer["message_id"] = str(message_id)
    if nested:
        return {"message_reference": pointer}
    target = one.referenced_message
    gone = target is None or target.deleted
    inner = None if gone or target is None else message(target, world, intent=intent, nested=True)
    return {"message_reference": pointer, "referenced_message": inner}


_SNAPSHOT = (
    "type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "mentions", "mention_roles",
    "components",
)  # fmt: skip


def _forward(one: Message, origin: tuple[int, int | None], world: World, *, intent: bool) -> Json:
    """Return the pointer of a forward, and the forwarded message as it was, if this reader may read the forward."""
    pointer: Json = {"type": 1, "channel_id": str(origin[0]), "message_id": str(origin[1])}
    snapshots = []
    for each in one.snapshots:
        whole = message(each, world, intent=True, nested=True)
        if not (intent or _readable_without_intent(one, world.bot_user)):
            whole |= {"content": "", "attachments": [], "embeds": [], "components": []}
        snapshots.append({"message": {key: whole[key] for key in _SNAPSHOT} | {"stickers": [], "sticker_items": []}})
    return {"message_reference": pointer, "message_snapshots": snapshots}


def located(one: Message, world: World, *, intent: bool) -> Json:
    """Return a message as the gateway sends it, with its guild and its author's membership."""
    shown = message(one, world, intent=intent) | {"channel_type": int(one.channel.type)}
    guild = one.channel.guild
    if guild is None:
        return shown
    shown["guild_id"] = str(guild.id)
    if one.author.id in guild.members and one.origin is None:
        shown["member"] = payloads.member(guild.members[one.author.id], with_user=False)
    for person in shown["mentions"]:
        if int(person["id"]) in guild.members:
            person["member"] = payloads.member(guild.members[int(person["id"])], with_user=False)
    return shown


def emit(world: World, name: str, one: Message) -> None:
    """Send MESSAGE_CREATE or MESSAGE_UPDATE. The gateway never carries ephemeral messages."""
    if one.ephemeral:
        world.changed()
    else:
        world.emit(name, lambda intent: located(one, world, intent=intent), channel=one.channel)
