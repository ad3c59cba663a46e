"""The places of the world as the page shows them to one member."""

from sandbox.page import message_views
from sandbox.records.model import UPLOAD_LIMIT, Channel, ChannelType, GuildRecord, Json, Membership, User
from sandbox.verbs import commands
from sandbox.verbs.commands import NotOffered
from sandbox.verbs.permissions import DIRECT_MESSAGE, Permissions, in_channel, in_guild
from sandbox.verbs.world import World

_MOST_THREADS = 50  # of a channel in the list at the left, the newest
_SEARCHED_FOR_MENTIONS = 50
_TYPING_S = 10.0


def directory(world: World, viewer: User) -> Json:
    """Servers, channels, threads, members and the direct channel."""
    guilds = [_guild(guild, viewer) for guild in world.guilds.values() if viewer.id in guild.members]
    return {
        "viewer": str(viewer.id),
        "bot": message_views.author(world.bot_user),
        "users": {str(user.id): message_views.author(user) for user in world.users.values()},
        "guilds": guilds,
        "direct": _channel(world.direct_channel(viewer), viewer),
    }


def _guild(guild: GuildRecord, viewer: User) -> Json:
    mine = guild.members[viewer.id]
    channels = [channel for channel in guild.channels.values() if not channel.is_thread and _sees(mine, channel)]
    channels.sort(key=lambda channel: (channel.position, channel.id))
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner": str(guild.owner_id),
        "channels": [_channel(channel, viewer) | {"threads": _threads(channel, mine)} for channel in channels],
        "members": [_member(member) for member in guild.members.values()],
        "roles": {str(role.id): role.name for role in guild.roles.values()},
    }


def _member(member: Membership) -> Json:
    roles = [role.name for role in member.roles if role.managed_by is None]
    bits = in_guild(member)
    return message_views.author(member.user) | {
        "roles": roles,
        "owner": member.id == member.guild.owner_id,
        "moderator": bool(bits & Permissions.MANAGE_MESSAGES),
    }


def _threads(channel: Channel, mine: Membership) -> list[Json]:
    """Return the active ones, newest activity first."""
    active = [thread for thread in channel.threads if not thread.archived and _sees(mine, thread)]
    active.sort(key=lambda thread: thread.last_message_id or thread.id, reverse=True)
    return [_channel(thread, mine.user) for thread in active[:_MOST_THREADS]]


def _channel(channel: Channel, viewer: User) -> Json:
    return {
        "id": str(channel.id),
        "type": int(channel.type),
        "name": channel.name,
        "nsfw": channel.nsfw,
        "last": str(channel.last_message_id or 0),
        "mention": _last_mention(channel, viewer),
    }


def _last_mention(channel: Channel, viewer: User) -> str:
    """Return the newest message that mentions this member, or in a DM anybody else's newest; else 0."""
    direct = channel.type is ChannelType.DM
    for count, message in enumerate(reversed(channel.messages_by_id.values())):
        if count == _SEARCHED_FOR_MENTIONS:
            break
        if message.author is not viewer and not message.ephemeral and (direct or viewer in message.mentions):
            return str(message.id)
    return "0"


def _sees(member: Membership, channel: Channel) -> bool:
    return bool(in_channel(member, channel) & Permissions.VIEW_CHANNEL)


def may_see(viewer: User, channel: Channel) -> bool:
    if channel.guild is None:
        return viewer in channel.recipients
    member = channel.guild.members.get(viewer.id)
    return member is not None and _sees(member, channel)


def place(world: World, viewer: User, channel: Channel) -> Json:
    """Return the channel that is open: what may be done in it, its commands, who is typing."""
    member = channel.guild.members[viewer.id] if channel.guild else None
    bits = DIRECT_MESSAGE if member is None else in_channel(member, channel)
    speak = Permissions.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permissions.SEND_MESSAGES
    needed = {
        "send": speak,
        "attach": Permissions.ATTACH_FILES,
        "react": Permissions.ADD_REACTIONS,
        "manage": Permissions.MANAGE_MESSAGES,
        "open_threads": Permissions.CREATE_PUBLIC_THREADS,
    }
    return {
        "id": str(channel.id),
        "type": int(channel.type),
        "name": channel.name,
        "topic": channel.topic or "",
        "nsfw": channel.nsfw or bool(channel.parent and channel.parent.nsfw),
        "guild": str(channel.guild.id) if channel.guild else None,
        "parent": str(channel.parent.id) if channel.parent else None,
        "archived": channel.archived,
        "locked": channel.locked,
        "can": {key: bits & needed[key] == needed[key] for key in needed},
        "posts": _posts(channel),
        "commands": _commands(world, channel, member),
        "typing": _typing(world, channel, viewer),
        "most_bytes": channel.guild.upload_limit if channel.guild else UPLOAD_LIMIT,
    }


def _posts(channel: Channel) -> list[Json]:
    """Return the posts of a forum, those with the newest messages first."""
    if channel.type is not ChannelType.FORUM:
        return []
    newest = sorted(channel.threads, key=lambda thread: thread.last_message_id or thread.id, reverse=True)
    return [message_views.thread(thread) for thread in newest[:_MOST_THREADS]]


def _commands(world: World, channel: Channel, member: Membership | None) -> list[Json]:
    """Return the commands offered to this member here, by name. A server's command hides a global one."""
    scopes = [world.commands.get(channel.guild.id, [])] if channel.guild else []
    offered: dict[tuple[int, str], Json] = {}
    for command in (command for scope in [*scopes, world.commands[None]] for command in scope):
        kind, name = command.get("type", 1), command["name"]
        try:
            offered[kind, name] = commands.find(world, channel, name, kind=kind, member=member)
        except NotOffered:
            continue
    return [_command(offered[key]) for key in sorted(offered)]


def _command(command: Json) -> Json:
    shown = {key: command.get(key) for key in ("name", "description", "options")}
    return shown | {"type": command.get("type", 1)}


def _typing(world: World, channel: Channel, viewer: User) -> list[Json]:
    """Return who is typing and until when (in ms). A message ends the typing."""
    found = []
    for (channel_id, user_id), since in world.typing.items():
        if channel_id != channel.id or user_id == viewer.id or world.clock.now() - since > _TYPING_S:
            continue
        newest = next((each for each in reversed(channel.messages_by_id.values()) if each.author.id == user_id), None)
        if newest is None or newest.created_at.timestamp() < since:
            found.append({"name": world.users[user_id].name, "until": int((since + _TYPING_S) * 1000)})
    return found
