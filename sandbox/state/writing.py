"""Writes the records of a world as JSON. They refer to each other by identifier."""

from collections.abc import Iterator
from datetime import datetime

from sandbox.records.model import Channel, GuildRecord, Json, Membership, Message, MessageOrigin
from sandbox.records.parts import Attachment
from sandbox.verbs.world import World


def record(world: World) -> Json:
    """Return everything that a later session needs of this world."""
    return {
        "token": world.token,
        "clock_offset": world.clock.offset,
        "last_id": world.ids.last,
        "cdn_secret": world.cdn.secret.hex(),
        "bot": world.bot_user.id,
        "owner": world.owner.id,
        "users": [_fields(user, _USER) for user in world.users.values()],
        "guilds": [_guild(guild) for guild in world.guilds.values()],
        "channels": [_channel(channel) for channel in world.channels.values()],
        "attachments": [_fields(one, _ATTACHMENT) for one in saved_attachments(world)],
        "messages": [_message(message) for message in _saved_messages(world)],
        "webhooks": [
            {"id": one.id, "channel": one.channel.id, "name": one.name, "token": one.token, "creator": one.creator.id}
            for one in world.webhooks.values()
        ],
        "commands": [{"guild": guild, "commands": commands} for guild, commands in world.commands.items()],
    }


def _saved_messages(world: World) -> Iterator[Message]:
    everywhere = [message for channel in world.channels.values() for message in channel.messages_by_id.values()]
    return (message for message in everywhere if not message.ephemeral and not message.loading)


def saved_attachments(world: World) -> list[Attachment]:
    """Return the files of the messages that are saved."""
    return [attachment for message in _saved_messages(world) for attachment in message.files]


_USER = "id name bot takes_dms"
_ROLE = "id name permissions position managed_by colour hoist mentionable"
_CHANNEL = "id type name position topic nsfw rate_limit_per_user last_message_id available_tags"
_THREAD = "owner_id archived locked invitable auto_archive_duration applied_tags total_sent"
_ATTACHMENT = "id channel_id filename content_type description size ephemeral embedded"
_MESSAGE = "id content type flags embeds components mention_roles mention_everyone reference nonce tts webhook_id"
_ORIGIN = "id type token name guild_id target_message_id original_id component_message_id user_install"


def _fields(one: object, names: str) -> Json:
    """Return these fields of a record, named in a line."""
    return {name: getattr(one, name) for name in names.split()}


def _guild(guild: GuildRecord) -> Json:
    return {
        "id": guild.id,
        "name": guild.name,
        "owner": guild.owner_id,
        "premium_tier": guild.premium_tier,
        "roles": [_fields(role, _ROLE) for role in guild.roles.values()],
        "members": [_member(member) for member in guild.members.values()],
    }


def _member(member: Membership) -> Json:
    return {
        "user": member.id,
        "joined_at": member.joined_at.isoformat(),
        "roles": [role.id for role in member.roles],
        "nick": member.nick,
        "timed_out_until": _moment(member.timed_out_until),
    }


def _channel(channel: Channel) -> Json:
    shown = _fields(channel, _CHANNEL) | {
        "guild": channel.guild.id if channel.guild else None,
        "parent": channel.parent.id if channel.parent else None,
        "recipients": [user.id for user in channel.recipients],
        "overwrites": [_fields(each, "id kind allow deny") for each in channel.overwrites],
    }
    if channel.is_thread:
        shown |= _fields(channel, _THREAD) | {
            "archive_changed_at": _moment(channel.archive_changed_at),
            "joined": {str(user): moment.isoformat() for user, moment in channel.joined.items()},
        }
    return shown


def _message(message: Message) -> Json:
    return _fields(message, _MESSAGE) | {
        "channel": message.channel.id,
        "author": _fields(message.author, _USER) if message.webhook_id else message.author.id,
        "files": [attachment.id for attachment in message.files],
        "mentions": [user.id for user in message.mentions],
        "reactions": [
            _fields(one, "name id") | {"users": [user.id for user in one.users]} for one in message.reactions
        ],
        "origin": _origin(message.origin),
        "pinned_at": _moment(message.pinned_at),
        "edited_at": _moment(message.edited_at),
    }


def _origin(origin: MessageOrigin | None) -> Json | None:
    if origin is None:
        return None
    return _fields(origin, _ORIGIN) | {"user": origin.user.id, "trigger": _origin(origin.trigger)}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
