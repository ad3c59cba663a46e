"""The records as JSON, in the shapes of Discord's OpenAPI and gateway schemas."""

from datetime import datetime

from sandbox.records.clock import born_at, iso
from sandbox.records.model import Channel, ChannelType, GuildRecord, Json, Membership, Overwrite, Role, User

_UNSET_IN_USERS = dict.fromkeys("avatar banner accent_color avatar_decoration_data collectibles primary_guild".split())


def user(person: User) -> Json:
    shown: Json = {
        "id": str(person.id),
        "username": person.name.lower().replace(" ", "_"),
        "global_name": None if person.bot else person.name,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        **_UNSET_IN_USERS,
    }
    if person.bot:
        shown["bot"] = True
        shown["username"] = person.name
    return shown


def own_user(person: User) -> Json:
    return user(person) | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def member(somebody: Membership, *, with_user: bool = True) -> Json:
    shown: Json = {
        "avatar": None,
        "banner": None,
        "communication_disabled_until": iso_or_none(somebody.timed_out_until),
        "flags": 0,
        "joined_at": iso(somebody.joined_at),
        "nick": somebody.nick,
        "pending": False,
        "premium_since": None,
        "roles": [str(role.id) for role in somebody.roles],
        "mute": False,
        "deaf": False,
    }
    if with_user:
        shown["user"] = user(somebody.user)
    return shown


def role(one: Role) -> Json:
    shown: Json = {
        "id": str(one.id),
        "name": one.name,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": one.colour,
        "colors": {"primary_color": one.colour, "secondary_color": None, "tertiary_color": None},
        "hoist": one.hoist,
        "managed": one.managed_by is not None,
        "mentionable": one.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if one.managed_by is not None:
        shown["tags"] = {"bot_id": str(one.managed_by)}
    return shown


def overwrite(one: Overwrite) -> Json:
    return {"id": str(one.id), "type": one.kind, "allow": str(one.allow), "deny": str(one.deny)}


_FORUM_DEFAULTS: Json = {
    "default_reaction_emoji": None,
    "default_sort_order": None,
    "default_forum_layout": 0,
    "default_tag_setting": "match_some",
}


def channel(one: Channel) -> Json:
    """Return any channel; threads without the reader's own membership (see `thread`)."""
    if one.is_thread:
        return thread(one)
    shown: Json = {
        "id": str(one.id),
        "type": int(one.type),
        "flags": 0,
        "last_message_id": id_or_none(one.last_message_id),
        "last_pin_timestamp": None,
    }
    if one.type is ChannelType.DM:
        return shown | {"recipients": [user(person) for person in one.recipients if not person.bot]}
    assert one.guild is not None
    if one.type is ChannelType.FORUM:
        shown |= _FORUM_DEFAULTS | {"available_tags": one.available_tags}
    return shown | {
        "guild_id": str(one.guild.id),
        "name": one.name,
        "topic": one.topic,
        "parent_id": None,
        "position": one.position,
        "nsfw": one.nsfw,
        "rate_limit_per_user": one.rate_limit_per_user,
        "permission_overwrites": [overwrite(each) for each in one.overwrites],
    }


def thread(one: Channel, reader: User | None = None) -> Json:
    """Return a thread, with the reader's membership if it has joined."""
    assert one.guild is not None and one.parent is not None and one.archive_changed_at is not None
    sent = sum(1 for message in one.messages if message.id != one.id)
    shown: Json = {
        "id": str(one.id),
        "type": int(one.type),
        "flags": 0,
        "guild_id": str(one.guild.id),
        "parent_id": str(one.parent.id),
        "owner_id": str(one.owner_id),
        "name": one.name,
        "last_message_id": id_or_none(one.last_message_id),
        "last_pin_timestamp": None,
        "rate_limit_per_user": one.rate_limit_per_user,
        "message_count": sent,
        "member_count": min(len(one.joined), 50),
        "total_message_sent": one.total_sent,
        "thread_metadata": {
            "archived": one.archived,
            "archive_timestamp": iso(one.archive_changed_at),
            "auto_archive_duration": one.auto_archive_duration,
            "locked": one.locked,
            "create_timestamp": iso(born_at(one.id)),
        },
    }
    if one.applied_tags:
        shown["applied_tags"] = [str(tag) for tag in one.applied_tags]
    if one.type is ChannelType.PRIVATE_THREAD:
        shown["thread_metadata"]["invitable"] = one.invitable
    if reader is not None and reader.id in one.joined:
        shown["member"] = thread_member(one, reader.id)
    return shown


def thread_member(one: Channel, user_id: int) -> Json:
    return {"id": str(one.id), "user_id": str(user_id), "join_timestamp": iso(one.joined[user_id]), "flags": 1}


def iso_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def id_or_none(number: int | None) -> str | None:
    return None if number is None else str(number)


_UNSET_IN_GUILDS = (
    "icon description splash discovery_splash banner application_id afk_channel_id system_channel_id "
    "widget_channel_id max_presences vanity_url_code rules_channel_id safety_alerts_channel_id "
    "public_updates_channel_id incidents_data hub_type "
).split()


def guild(one: GuildRecord) -> Json:
    """Return the parts that REST and GUILD_CREATE share."""
    unset = dict.fromkeys(_UNSET_IN_GUILDS)
    return unset | {
        "id": str(one.id),
        "name": one.name,
        "features": [],
        "owner_id": str(one.owner_id),
        "region": "us-west",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 0,
        "roles": [role(each) for each in one.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": one.premium_tier,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }
