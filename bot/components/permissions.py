"""Say where a member asked for something, and whether the bot may answer there with a picture."""

from typing import Any

import discord

from bot.domain.job import Job
from bot.domain.place import Asker, Place
from bot.errors import CannotPost, NotYours
from bot.texts import answers

_VOICE = (discord.VoiceChannel, discord.StageChannel)


def of_interaction(interaction: discord.Interaction[discord.Client]) -> Place:
    """Return the place of an interaction.

    Discord states the bot's permissions with every interaction, so this needs no cache.
    """
    return Place(
        channel_id=interaction.channel_id or 0,
        guild_id=interaction.guild_id,
        within=within(interaction.channel),
        in_thread=isinstance(interaction.channel, discord.Thread),
        locked=isinstance(interaction.channel, discord.Thread) and interaction.channel.locked,
        in_voice=isinstance(interaction.channel, _VOICE),
        permissions=interaction.app_permissions,
        answering=interaction if is_guest(interaction) else None,
    )


def asker_of(interaction: discord.Interaction[Any]) -> Asker:
    """Return who asks by an interaction, and where."""
    return Asker(user_id=interaction.user.id, place=of_interaction(interaction), roles=roles_of(interaction.user))


async def of_channel(client: discord.Client, channel_id: int) -> Place:
    """Return the place of a message or reaction. Raises :class:`discord.HTTPException` for a hidden channel."""
    channel = client.get_channel(channel_id) or await client.fetch_channel(channel_id)
    if isinstance(channel, discord.abc.PrivateChannel):
        return Place(channel_id=channel_id, guild_id=None, permissions=discord.Permissions.none())
    return in_guild(channel)


def in_guild(channel: discord.abc.GuildChannel | discord.Thread) -> Place:
    """Return a channel or thread whose server is known."""
    return Place(
        channel_id=channel.id,
        guild_id=channel.guild.id,
        within=within(channel),
        in_thread=isinstance(channel, discord.Thread),
        locked=isinstance(channel, discord.Thread) and channel.locked,
        in_voice=isinstance(channel, _VOICE),
        permissions=channel.permissions_for(channel.guild.me),
    )


def within(channel: object) -> tuple[int, ...]:
    """Return the ids of what a channel is in, innermost first; none for one that is in nothing."""
    outer = [getattr(channel, "category_id", None)]
    if isinstance(channel, discord.Thread):
        outer = [channel.parent_id, channel.parent.category_id if channel.parent else None]
    return tuple(one for one in outer if one is not None)


def may_see(interaction: discord.Interaction[Any], job: Job) -> bool:
    """Return whether the member may look up a job: their own, or one that was asked in a channel they can see."""
    if interaction.user.id == job.requester_id:
        return True
    guild, member = interaction.guild, interaction.user
    if guild is None or job.guild_id != guild.id or not isinstance(member, discord.Member):
        return False
    channel = guild.get_channel_or_thread(job.channel_id)
    return channel is not None and channel.permissions_for(member).view_channel


def may_set(interaction: discord.Interaction[Any]) -> None:
    """Raises :class:`NotYours` for whoever may not manage the server."""
    if interaction.guild_id is None:
        raise NotYours(answers.NO_SERVER_TO_SET)
    if not interaction.permissions.manage_guild:
        raise NotYours(answers.MANAGERS_ONLY)


def roles_of(user: discord.User | discord.Member | None) -> tuple[int, ...]:
    """Return the ids of a member's roles; none outside a server."""
    return tuple(role.id for role in user.roles) if isinstance(user, discord.Member) else ()


def check(place: Place) -> None:
    """Raises :class:`CannotPost`, naming what is missing, when a picture could not be posted there."""
    if place.guild_id is None or place.answering is not None:
        return
    mine = place.permissions
    if place.locked and not mine.manage_threads:
        raise CannotPost(answers.LOCKED)
    needed = {
        "View Channel": mine.view_channel,
        "Connect": mine.connect or not place.in_voice,
        "Send Messages in Threads": mine.send_messages_in_threads or not place.in_thread,
        "Send Messages": mine.send_messages or place.in_thread,
        "Attach Files": mine.attach_files,
    }
    if missing := [name for name, granted in needed.items() if not granted]:
        raise CannotPost(answers.lacking(missing))


def check_channel(channel: discord.TextChannel) -> None:
    """Raises :class:`CannotPost`, naming what is missing, when a picture could not be posted in another channel."""
    try:
        check(in_guild(channel))
    except CannotPost as error:
        raise CannotPost(f"{channel.mention}: {error}") from None


def is_guest(interaction: discord.Interaction[Any]) -> bool:
    """Return whether the bot can post here by answering alone: in a server that it is not in, or between two people."""
    if interaction.guild_id is not None:
        return not interaction.is_guild_integration()
    return interaction.context.private_channel


class Guests:
    """The interactions by which jobs can be told of: Discord takes answers for 15 minutes, and five messages."""

    def __init__(self) -> None:
        self._open: dict[int, discord.Interaction[Any]] = {}

    def welcome(self, job_id: int, interaction: discord.Interaction[Any]) -> None:
        """Tell of that job as an answer from now on."""
        self._open = {job: asked for job, asked in self._open.items() if not asked.is_expired()}
        self._open[job_id] = interaction

    def of(self, job_id: int) -> discord.Interaction[Any] | None:
        """Return the job's interaction; None if it was asked elsewhere, too long ago, or before a restart."""
        interaction = self._open.get(job_id)
        return None if interaction is None or interaction.is_expired() else interaction

    def channel(self, job_id: int) -> object:
        """Return where the interaction was, as Discord showed it; None if :meth:`of` has none."""
        interaction = self.of(job_id)
        return interaction.channel if interaction is not None else None
