"""The verbs for threads: open, join, leave, archive and wake."""

from datetime import timedelta

from sandbox.records.clock import born_at
from sandbox.records.errors import missing_permissions, thread_archived, thread_exists, too_many_threads
from sandbox.records.model import HAS_THREAD, Channel, ChannelType, Json, Message, MessageType, User
from sandbox.verbs import message_payloads, payloads
from sandbox.verbs.permissions import Permissions, in_channel
from sandbox.verbs.world import World

MAX_ACTIVE = 1000  # in a server


def open_from_message(world: World, message: Message, owner: User, settings: Json) -> Channel:
    """Open a public thread under a message. The thread takes the message's identifier."""
    if message.thread is not None:
        raise thread_exists()
    thread = open_empty(world, message.channel, message.id, ChannelType.PUBLIC_THREAD, owner, settings)
    message.thread = thread
    message.flags |= HAS_THREAD
    starter = Message(
        id=world.ids.next(),
        channel=thread,
        author=message.author,
        type=MessageType.THREAD_STARTER_MESSAGE,
        reference=(message.channel.id, message.id),
        referenced_message=message,
    )
    thread.messages_by_id[starter.id] = starter
    announce(world, thread)
    message_payloads.emit(world, "MESSAGE_UPDATE", message)
    return thread


def open_in_channel(world: World, parent: Channel, owner: User, settings: Json) -> Channel:
    """Open a thread without a message. A public thread leaves a line in its channel."""
    type_ = ChannelType(settings.get("type") or ChannelType.PRIVATE_THREAD)
    thread = open_empty(world, parent, world.ids.next(), type_, owner, settings)
    announce(world, thread)
    if type_ is ChannelType.PUBLIC_THREAD:
        line = Message(
            id=world.ids.next(),
            channel=parent,
            author=owner,
            content=thread.name,
            type=MessageType.THREAD_CREATED,
            reference=(thread.id, None),
        )
        parent.messages_by_id[line.id] = line
        message_payloads.emit(world, "MESSAGE_CREATE", line)
    return thread


def open_empty(world: World, parent: Channel, id: int, type_: ChannelType, owner: User, settings: Json) -> Channel:
    """Open a thread that nobody hears of until `announce`."""
    assert parent.guild is not None
    if sum(one.is_thread and not one.archived for one in parent.guild.channels.values()) >= MAX_ACTIVE:
        raise too_many_threads()
    thread = Channel(
        id=id,
        type=type_,
        guild=parent.guild,
        name=settings["name"],
        parent=parent,
        owner_id=owner.id,
        auto_archive_duration=settings.get("auto_archive_duration") or 1440,
        rate_limit_per_user=settings.get("rate_limit_per_user") or 0,
        invitable=settings.get("invitable") is not False,
        archive_changed_at=world.now(),
    )
    if owner.id in parent.guild.members:  # a webhook is none
        thread.joined[owner.id] = world.now()
    parent.threads.append(thread)
    world.channels[thread.id] = thread
    parent.guild.channels[thread.id] = thread
    return thread


def announce(world: World, thread: Channel) -> None:
    """Tell the bot of a new thread."""
    world.emit(
        "THREAD_CREATE",
        lambda _: payloads.thread(thread, world.bot_user) | {"newly_created": True},
        channel=thread,
    )


def wake(world: World, thread: Channel) -> None:
    """Un-archive a thread because somebody writes in it.

    Raises:
        ApiError: 50083, it is locked as well.
    """
    if not thread.archived:
        return
    if thread.locked:
        raise thread_archived()
    change(world, thread, {"archived": False})


def join(world: World, thread: Channel, user: User) -> None:
    """Add a user to a thread. Webhooks and bots that are no members talk without joining."""
    assert thread.guild is not None
    guild = thread.guild
    if user.id in thread.joined or user.id not in guild.members:
        return
    thread.joined[user.id] = world.now()
    added = payloads.thread_member(thread, user.id)
    if user is world.bot_user and thread.type is ChannelType.PRIVATE_THREAD:
        world.emit("THREAD_CREATE", lambda _: payloads.thread(thread, user), channel=thread)
    added = added | {"member": payloads.member(guild.members[user.id]), "presence": None}
    _members_changed(world, thread, {"added_members": [added]})


def leave(world: World, thread: Channel, user: User) -> None:
    if thread.joined.pop(user.id, None) is not None:
        _members_changed(world, thread, {"removed_member_ids": [str(user.id)]})


def _members_changed(world: World, thread: Channel, change: Json) -> None:
    assert thread.guild is not None
    shown = {
        "id": str(thread.id),
        "guild_id": str(thread.guild.id),
        "member_count": min(len(thread.joined), 50),
    } | change
    world.emit("THREAD_MEMBERS_UPDATE", lambda _: shown, channel=thread)


def change(world: World, thread: Channel, changes: Json) -> None:
    """Rename, archive, lock; ``changes`` is the body of PATCH /channels/{thread}."""
    if changes.get("archived") is not None and changes["archived"] != thread.archived:
        thread.archived, thread.archive_changed_at = bool(changes["archived"]), world.now()
    for key in ("name", "locked", "auto_archive_duration", "rate_limit_per_user", "invitable"):
        if changes.get(key) is not None:
            setattr(thread, key, changes[key])
    if changes.get("applied_tags") is not None:
        thread.applied_tags = [int(tag) for tag in changes["applied_tags"]]
    world.emit("THREAD_UPDATE", lambda _: payloads.thread(thread, world.bot_user), channel=thread)


def archive_idle(world: World) -> None:
    """Archive the threads in which nothing happened for their ``auto_archive_duration``."""
    now = world.now()
    for thread in world.channels.values():
        if not thread.is_thread or thread.archived or thread.archive_changed_at is None:
            continue
        spoken = born_at(thread.last_message_id) if thread.last_message_id else thread.archive_changed_at
        if now - max(spoken, thread.archive_changed_at) >= timedelta(minutes=thread.auto_archive_duration):
            change(world, thread, {"archived": True})


def require_change(world: World, thread: Channel, changes: Json) -> None:
    """Check that the bot may change a thread so: its owner may rename and archive it, moderators everything.

    Raises:
        ApiError: 50013, or 50083 for other changes of an archived thread.
    """
    member = world.bot_member(thread)
    assert member is not None
    bits = in_channel(member, thread)
    moderates = bool(bits & Permissions.MANAGE_THREADS)
    owns = thread.owner_id == world.bot_user.id
    if thread.archived and changes.get("archived") is not False:
        raise thread_archived()
    reopening = set(changes) == {"archived"} and changes["archived"] is False and not thread.locked
    writes = bool(bits & Permissions.SEND_MESSAGES_IN_THREADS)
    if moderates or (reopening and writes) or (owns and "locked" not in changes):
        return
    raise missing_permissions()


def delete(world: World, thread: Channel) -> None:
    assert thread.guild is not None and thread.parent is not None
    thread.parent.threads.remove(thread)
    del thread.guild.channels[thread.id], world.channels[thread.id]
    shown = {
        "id": str(thread.id),
        "guild_id": str(thread.guild.id),
        "parent_id": str(thread.parent.id),
        "type": int(thread.type),
    }
    world.emit("THREAD_DELETE", lambda _: shown, guild=thread.guild)
