"""Permissions computed as Discord does: roles, then the channel's overwrites, then what implies what."""

from enum import IntFlag

from sandbox.records.errors import ApiError, missing_access, missing_permissions
from sandbox.records.model import Channel, ChannelType, Json, Membership


class Permissions(IntFlag):
    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    SEND_POLLS = 1 << 49
    PIN_MESSAGES = 1 << 51


ALL = (1 << 53) - 1
# What a fresh server gives @everyone, as far as text goes.
EVERYONE = int(
    Permissions.ADD_REACTIONS
    | Permissions.VIEW_CHANNEL
    | Permissions.SEND_MESSAGES
    | Permissions.SEND_TTS_MESSAGES
    | Permissions.EMBED_LINKS
    | Permissions.ATTACH_FILES
    | Permissions.READ_MESSAGE_HISTORY
    | Permissions.MENTION_EVERYONE
    | Permissions.CHANGE_NICKNAME
    | Permissions.USE_EXTERNAL_EMOJIS
    | Permissions.USE_APPLICATION_COMMANDS
    | Permissions.CREATE_PUBLIC_THREADS
    | Permissions.CREATE_PRIVATE_THREADS
    | Permissions.SEND_MESSAGES_IN_THREADS
    | Permissions.SEND_POLLS
)
# In a DM nobody moderates and nothing can be a thread.
DIRECT_MESSAGE = int(Permissions.PIN_MESSAGES) | EVERYONE & ~int(
    Permissions.CREATE_PUBLIC_THREADS
    | Permissions.CREATE_PRIVATE_THREADS
    | Permissions.SEND_MESSAGES_IN_THREADS
    | Permissions.MENTION_EVERYONE
)
_TIMED_OUT = int(Permissions.VIEW_CHANNEL | Permissions.READ_MESSAGE_HISTORY)  # all that a timeout leaves
_NEED_SENDING = int(
    Permissions.MENTION_EVERYONE
    | Permissions.SEND_TTS_MESSAGES
    | Permissions.ATTACH_FILES
    | Permissions.EMBED_LINKS
    | Permissions.SEND_POLLS
)


def in_guild(member: Membership) -> int:
    """Return the bits a member has by roles alone."""
    guild = member.guild
    if member.id == guild.owner_id:
        return ALL
    bits = guild.everyone.permissions
    for role in member.roles:
        bits |= role.permissions
    if bits & Permissions.ADMINISTRATOR:
        return ALL
    return bits & _TIMED_OUT if member.timed_out else bits


def in_channel(member: Membership, channel: Channel) -> int:
    """Return the bits a member has in a channel of its guild; a thread takes its parent's."""
    bits = in_guild(member)
    if bits == ALL:
        return ALL
    place = channel.parent if channel.is_thread and channel.parent else channel
    bits = _overwritten(bits, member, place)
    if member.timed_out:
        bits &= _TIMED_OUT
    if not bits & Permissions.VIEW_CHANNEL:
        return 0
    speaks = Permissions.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permissions.SEND_MESSAGES
    if not bits & speaks:
        bits &= ~_NEED_SENDING
    if channel.type is ChannelType.PRIVATE_THREAD and not _in_private_thread(bits, member, channel):
        return 0
    return bits


def _overwritten(bits: int, member: Membership, channel: Channel) -> int:
    everyone = [o for o in channel.overwrites if o.id == member.guild.id]
    of_roles = [o for o in channel.overwrites if o.kind == 0 and o.id in {role.id for role in member.roles}]
    own = [o for o in channel.overwrites if o.kind == 1 and o.id == member.id]
    for stage in (everyone, of_roles, own):  # later stages win
        for overwrite in stage:
            bits &= ~overwrite.deny
        for overwrite in stage:
            bits |= overwrite.allow
    return bits


def _in_private_thread(bits: int, member: Membership, channel: Channel) -> bool:
    return member.id in channel.joined or bool(bits & Permissions.MANAGE_THREADS)


def require(member: Membership | None, channel: Channel, needed: int) -> None:
    """Raise what Discord answers when a permission is missing. ``member`` is None in a DM.

    Raises:
        ApiError: 50001 when the channel cannot even be seen, else 50013.
    """
    bits = DIRECT_MESSAGE if member is None else in_channel(member, channel)
    if not bits & Permissions.VIEW_CHANNEL:
        raise missing_access()
    if bits & needed != needed:
        raise missing_permissions()


def speaking(channel: Channel) -> int:
    """Return the permission that talking in this channel takes."""
    if channel.is_thread:
        return Permissions.SEND_MESSAGES_IN_THREADS
    return Permissions.SEND_MESSAGES


def require_to_speak(member: Membership | None, channel: Channel, *, files: bool, body: Json) -> None:
    """Check that somebody may post this message, a body of a request, here.

    Raises:
        ApiError: 50001 or 50013; 50008 where nobody can post, as in a forum itself.
    """
    if channel.type is ChannelType.FORUM:
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    needed = int(speaking(channel))
    if files:
        needed |= Permissions.ATTACH_FILES
    if body.get("embeds"):
        needed |= Permissions.EMBED_LINKS
    if body.get("tts"):
        needed |= Permissions.SEND_TTS_MESSAGES
    require(member, channel, needed)
