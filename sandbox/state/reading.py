"""Reads the records of a world from JSON."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.people.actors import Member
from sandbox.people.handles import Guild
from sandbox.records.model import (
    Channel,
    ChannelType,
    GuildRecord,
    Json,
    Message,
    MessageOrigin,
    MessageType,
    Overwrite,
    Reaction,
    Role,
    User,
    Webhook,
)
from sandbox.records.parts import Attachment
from sandbox.verbs.world import World


def restore(world: World, state: Json, read_file: Callable[[int], bytes]) -> None:
    """Rebuild every record, and put them into the world once all are complete.

    Raises:
        KeyError, TypeError, ValueError: the state is incomplete or damaged; nothing was changed.
    """
    users = {one["id"]: User(**one) for one in state["users"]}
    bot, owner, token = users[state["bot"]], users[state["owner"]], str(state["token"])
    attachments = {
        one["id"]: Attachment(**one, bytes=read_file(one["id"])) for one in map(_with_size, state["attachments"])
    }
    guilds = {one["id"]: _guild(world, one, users) for one in state["guilds"]}
    channels = _channels(state["channels"], guilds, users)
    _messages(state["messages"], channels, users, attachments)
    webhooks = {
        one["id"]: Webhook(**one | {"channel": channels[one["channel"]], "creator": users[one["creator"]]})
        for one in state["webhooks"]
    }
    commands: dict[int | None, list[Json]] = {one["guild"]: list(one["commands"]) for one in state["commands"]}
    secret, offset, last = bytes.fromhex(state["cdn_secret"]), float(state["clock_offset"]), int(state["last_id"])

    world.bot_user, world.owner, world.token, world.users = bot, owner, token, users
    world.guilds, world.channels, world.webhooks, world.commands = guilds, channels, webhooks, commands
    world.interactions, world.nonces = {}, {}
    world.clock.offset, world.ids.last = offset, last
    world.cdn.replace(secret, attachments.values())
    world.changed()


def _with_size(saved: Json) -> Json:
    return saved | {"size": tuple(saved["size"]) if saved["size"] else None}


def _guild(world: World, saved: Json, users: dict[int, User]) -> GuildRecord:
    guild = Guild(
        id=saved["id"],
        name=saved["name"],
        owner_id=saved["owner"],
        clock=world.clock,
        world=world,
        premium_tier=saved["premium_tier"],
        roles={role["id"]: Role(**role) for role in saved["roles"]},
    )
    for one in saved["members"]:
        guild.members[one["user"]] = Member(
            user=users[one["user"]],
            guild=guild,
            world=world,
            joined_at=datetime.fromisoformat(one["joined_at"]),
            roles=[guild.roles[role] for role in one["roles"]],
            nick=one["nick"],
            timed_out_until=_moment(one["timed_out_until"]),
        )
    return guild


def _channels(saved: list[Json], guilds: dict[int, GuildRecord], users: dict[int, User]) -> dict[int, Channel]:
    channels: dict[int, Channel] = {}
    for one in saved:  # parents were saved before their threads
        parent = channels[one["parent"]] if one["parent"] else None
        fields: dict[str, Any] = one | {
            "type": ChannelType(one["type"]),
            "guild": guilds[one["guild"]] if one["guild"] else None,
            "parent": parent,
            "recipients": [users[user] for user in one["recipients"]],
            "overwrites": [Overwrite(**each) for each in one["overwrites"]],
        }
        if "joined" in one:
            fields["joined"] = {int(user): datetime.fromisoformat(at) for user, at in one["joined"].items()}
            fields["archive_changed_at"] = _moment(one["archive_changed_at"])
        channel = channels[one["id"]] = Channel(**fields)
        if channel.guild is not None:
            channel.guild.channels[channel.id] = channel
        if parent is not None:
            parent.threads.append(channel)
    return channels


def _messages(
    saved: list[Json], channels: dict[int, Channel], users: dict[int, User], attachments: dict[int, Attachment]
) -> None:
    for one in saved:
        channel = channels[one["channel"]]
        message = Message(**one | _revived(one, channel, users, attachments))
        channel.messages_by_id[message.id] = message
        thread = channels.get(message.id)
        if thread is not None and thread is not channel:
            message.thread = thread
    for channel in channels.values():
        for message in channel.messages_by_id.values():
            if message.reference is not None:
                channel_id, message_id = message.reference
                place = channels.get(channel_id)
                if place is not None and message_id is not None:
                    message.referenced_message = place.messages_by_id.get(message_id)


def _revived(one: Json, channel: Channel, users: dict[int, User], attachments: dict[int, Attachment]) -> Json:
    author = one["author"]
    return {
        "channel": channel,
        "author": User(**author) if isinstance(author, dict) else users[author],
        "type": MessageType(one["type"]),
        "files": [attachments[each] for each in one["files"]],
        "mentions": [users[user] for user in one["mentions"]],
        "reactions": [
            Reaction(name=each["name"], id=each["id"], users=[users[user] for user in each["users"]])
            for each in one["reactions"]
        ],
        "reference": tuple(one["reference"]) if one["reference"] else None,
        "origin": _origin(one["origin"], users),
        "pinned_at": _moment(one["pinned_at"]),
        "edited_at": _moment(one["edited_at"]),
    }


def _origin(saved: Json | None, users: dict[int, User]) -> MessageOrigin | None:
    if saved is None:
        return None
    return MessageOrigin(**saved | {"user": users[saved["user"]], "trigger": _origin(saved["trigger"], users)})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
