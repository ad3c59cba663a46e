"""The verbs that change a server: its channels, members and roles."""

from datetime import datetime

from sandbox.records.clock import iso
from sandbox.records.model import Channel, ChannelType, GuildRecord, Json, Membership, Overwrite, Role
from sandbox.verbs import payloads, threads
from sandbox.verbs.world import World


def greeting(world: World, guild: GuildRecord, *, everybody: bool) -> Json:
    """Return GUILD_CREATE's payload; without the members intent, only the bot itself is among the members."""
    bot = guild.members[world.bot_user.id]
    members = list(guild.members.values()) if everybody else [bot]
    channels = [channel for channel in guild.channels.values() if not channel.is_thread]
    threads_ = [thread for channel in channels for thread in channel.threads if not thread.archived]
    empty = ("presences", "voice_states", "stage_instances", "guild_scheduled_events", "soundboard_sounds")
    return (
        payloads.guild(guild)
        | {key: [] for key in empty}
        | {
            "joined_at": iso(bot.joined_at),
            "large": False,
            "member_count": len(guild.members),
            "members": [payloads.member(member) for member in members],
            "channels": [payloads.channel(channel) for channel in channels],
            "threads": [payloads.thread(thread, world.bot_user) for thread in threads_ if world.bot_sees(thread)],
        }
    )


# Channels


def open_channel(world: World, guild: GuildRecord, type_: ChannelType, name: str, settings: Json) -> Channel:
    """Open a text channel or a forum; ``settings`` are further fields of the `Channel`."""
    channel = Channel(id=world.ids.next(), type=type_, guild=guild, name=name, position=len(guild.channels), **settings)
    guild.channels[channel.id] = world.channels[channel.id] = channel
    world.emit("CHANNEL_CREATE", lambda _: payloads.channel(channel), channel=channel)
    return channel


def tags(world: World, names: tuple[str, ...]) -> list[Json]:
    """Return a forum's tags, as Discord describes them."""
    return [
        {"id": str(world.ids.next()), "name": name, "moderated": False, "emoji_id": None, "emoji_name": None}
        for name in names
    ]


def close_channel(world: World, channel: Channel) -> None:
    """Delete a channel with its threads and webhooks."""
    assert channel.guild is not None
    for thread in list(channel.threads):
        threads.delete(world, thread)
    world.webhooks = {key: one for key, one in world.webhooks.items() if one.channel is not channel}
    shown = payloads.channel(channel)
    world.emit("CHANNEL_DELETE", lambda _: shown, channel=channel)
    del channel.guild.channels[channel.id], world.channels[channel.id]


def set_overwrite(world: World, channel: Channel, target: int, overwrite: Overwrite | None) -> None:
    """Replace the overwrite of a role or member. None removes it."""
    kept = [one for one in channel.overwrites if one.id != target]
    channel.overwrites = kept if overwrite is None else [*kept, overwrite]
    world.emit("CHANNEL_UPDATE", lambda _: payloads.channel(channel), guild=channel.guild)


# Members


def change_member(
    world: World,
    member: Membership,
    *,
    nick: str | None = None,
    roles: list[Role] | None = None,
    timed_out_until: datetime | None = None,
) -> None:
    """Give a member this nickname, these roles (None leaves them) and this timeout."""
    member.nick, member.timed_out_until = nick, timed_out_until
    if roles is not None:
        member.roles = roles
    shown = payloads.member(member) | {"guild_id": str(member.guild.id)}
    world.emit("GUILD_MEMBER_UPDATE", lambda _: shown, guild=member.guild, about=member.user)


def remove_member(world: World, member: Membership) -> None:
    """Remove a member from the server and its threads."""
    guild = member.guild
    for channel in guild.channels.values():
        if channel.is_thread:
            threads.leave(world, channel, member.user)
    shown = {"guild_id": str(guild.id), "user": payloads.user(member.user)}
    if member.user is world.bot_user:
        world.emit("GUILD_DELETE", lambda _: {"id": str(guild.id)}, guild=guild)
    del guild.members[member.id]
    if member.user is not world.bot_user:
        world.emit("GUILD_MEMBER_REMOVE", lambda _: shown, guild=guild)


# Roles


def create_role(world: World, guild: GuildRecord, name: str, *, permissions: int) -> Role:
    role = Role(id=world.ids.next(), name=name, permissions=permissions, position=len(guild.roles))
    guild.roles[role.id] = role
    shown = {"guild_id": str(guild.id), "role": payloads.role(role)}
    world.emit("GUILD_ROLE_CREATE", lambda _: shown, guild=guild)
    return role


def change_role(world: World, guild: GuildRecord, role: Role, changes: Json) -> None:
    """Change a role; ``changes`` is the body of PATCH .../roles/{role}."""
    names = {"color": "colour"}
    for key in ("name", "permissions", "color", "hoist", "mentionable"):
        if changes.get(key) is not None:
            value = int(changes[key]) if key == "permissions" else changes[key]
            setattr(role, names.get(key, key), value)
    shown = {"guild_id": str(guild.id), "role": payloads.role(role)}
    world.emit("GUILD_ROLE_UPDATE", lambda _: shown, guild=guild)


def delete_role(world: World, guild: GuildRecord, role: Role) -> None:
    del guild.roles[role.id]
    for member in guild.members.values():
        if role in member.roles:
            member.roles.remove(role)
    for channel in guild.channels.values():
        channel.overwrites = [one for one in channel.overwrites if one.id != role.id]
    shown = {"guild_id": str(guild.id), "role_id": str(role.id)}
    world.emit("GUILD_ROLE_DELETE", lambda _: shown, guild=guild)
