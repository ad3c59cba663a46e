"""The records of a world as JSON; they refer to each other by identifier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sandbox.records.model import Attachment, Channel, GuildRecord, Json, Membership, Message, MessageOrigin, User
from sandbox.verbs.world import World


def record(world: World) -> Json:
    """Everything that a session of tomorrow needs of this world."""
    return {
        "token": world.token,
        "clock_offset": world.clock.offset,
        "last_id": world.ids.last,
        "cdn_secret": world.cdn.secret.hex(),
        "bot": world.bot_user.id,
        "owner": world.owner.id,
        "users": [_user(user) for user in world.users.values()],
        "guilds": [_guild(guild) for guild in world.guilds.values()],
        "channels": [_channel(channel) for channel in world.channels.values()],
        "attachments": [_attachment(one) for one in saved_attachments(world)],
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
    """The files of the messages that are saved."""
    return [attachment for message in _saved_messages(world) for attachment in message.files]


def _user(user: User) -> Json:
    return {"id": user.id, "name": user.name, "bot": user.bot, "takes_dms": user.takes_dms}


def _guild(guild: GuildRecord) -> Json:
    return {
        "id": guild.id,
        "name": guild.name,
        "owner": guild.owner_id,
        "premium_tier": guild.premium_tier,
        "roles": [
            {
                "id": role.id,
                "name": role.name,
                "permissions": role.permissions,
                "position": role.position,
                "managed_by": role.managed_by,
                "colour": role.colour,
                "hoist": role.hoist,
                "mentionable": role.mentionable,
            }
            for role in guild.roles.values()
        ],
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
    shown: Json = {
        "id": channel.id,
        "type": int(channel.type),
        "guild": channel.guild.id if channel.guild else None,
        "parent": channel.parent.id if channel.parent else None,
        "name": channel.name,
        "position": channel.position,
        "topic": channel.topic,
        "nsfw": channel.nsfw,
        "rate_limit_per_user": channel.rate_limit_per_user,
        "last_message_id": channel.last_message_id,
        "available_tags": channel.available_tags,
        "recipients": [user.id for user in channel.recipients],
        "overwrites": [{"id": o.id, "kind": o.kind, "allow": o.allow, "deny": o.deny} for o in channel.overwrites],
    }
    return shown | (_thread_fields(channel) if channel.is_thread else {})


def _thread_fields(thread: Channel) -> Json:
    return {
        "owner_id": thread.owner_id,
        "archived": thread.archived,
        "locked": thread.locked,
        "invitable": thread.invitable,
        "auto_archive_duration": thread.auto_archive_duration,
        "archive_changed_at": _moment(thread.archive_changed_at),
        "applied_tags": thread.applied_tags,
        "joined": {str(user): moment.isoformat() for user, moment in thread.joined.items()},
        "total_sent": thread.total_sent,
    }


def _attachment(one: Attachment) -> Json:
    return {
        "id": one.id,
        "channel_id": one.channel_id,
        "filename": one.filename,
        "content_type": one.content_type,
        "description": one.description,
        "size": one.size,
        "ephemeral": one.ephemeral,
        "embedded": one.embedded,
    }


def _message(message: Message) -> Json:
    return {
        "id": message.id,
        "channel": message.channel.id,
        "author": _user(message.author) if message.webhook_id else message.author.id,
        "content": message.content,
        "type": int(message.type),
        "flags": message.flags,
        "files": [attachment.id for attachment in message.files],
        "embeds": message.embeds,
        "components": message.components,
        "mentions": [user.id for user in message.mentions],
        "mention_roles": message.mention_roles,
        "mention_everyone": message.mention_everyone,
        "reactions": [
            {"name": one.name, "id": one.id, "users": [user.id for user in one.users]} for one in message.reactions
        ],
        "reference": message.reference,
        "nonce": message.nonce,
        "origin": _origin(message.origin),
        "tts": message.tts,
        "webhook_id": message.webhook_id,
        "pinned_at": _moment(message.pinned_at),
        "edited_at": _moment(message.edited_at),
    }


def _origin(origin: MessageOrigin | None) -> Json | None:
    if origin is None:
        return None
    return {
        "id": origin.id,
        "type": origin.type,
        "user": origin.user.id,
        "token": origin.token,
        "name": origin.name,
        "guild_id": origin.guild_id,
        "target_message_id": origin.target_message_id,
        "original_id": origin.original_id,
        "component_message_id": origin.component_message_id,
        "trigger": _origin(origin.trigger),
        "user_install": origin.user_install,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
