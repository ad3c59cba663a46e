"""The verbs for reactions: press, take back, clear."""

from sandbox.records.errors import thread_archived, too_many_reactions, unknown
from sandbox.records.model import Json, Message, Reaction, User
from sandbox.verbs import message_payloads, payloads, posts
from sandbox.verbs.world import World

MAX_REACTIONS = 20


def parse_emoji(written: str) -> tuple[str, int | None]:
    """Split what a route or a member writes into name and id.

    Raises:
        ApiError: 10014, it is no emoji that exists here.
    """
    name, _, number = written.partition(":")
    if number or not name or any(sign.isalnum() and sign.isascii() for sign in name.rstrip("\ufe0f\u20e3")):
        keycap = name.endswith("\u20e3")
        if not keycap:
            raise unknown("Emoji")  # no server here has emoji of its own
    return name, None


def _find(message: Message, name: str) -> Reaction | None:
    bare = name.replace("\ufe0f", "")
    return next((found for found in message.reactions if found.name.replace("\ufe0f", "") == bare), None)


def find_reaction(message: Message, written: str) -> Reaction:
    name, _ = parse_emoji(written)
    found = _find(message, name)
    if found is None:
        raise unknown("Emoji")
    return found


def is_new_emoji(message: Message, written: str) -> bool:
    return _find(message, parse_emoji(written)[0]) is None


def react(world: World, message: Message, user: User, written: str) -> None:
    """Add one user's reaction; a second time changes nothing."""
    if message.channel.is_thread and message.channel.archived:
        raise thread_archived()
    name, _ = parse_emoji(written)
    reaction = _find(message, name)
    if reaction is None:
        if len(message.reactions) >= MAX_REACTIONS:
            raise too_many_reactions()
        reaction = Reaction(name=name)
        message.reactions.append(reaction)
    if user in reaction.users:
        return
    reaction.users.append(user)
    shown = _reaction_event(message, user, reaction) | {"message_author_id": str(message.author.id)}
    guild = message.channel.guild
    if guild is not None:
        shown["member"] = payloads.member(guild.members[user.id])
    world.emit("MESSAGE_REACTION_ADD", lambda _: shown, channel=message.channel)


def unreact(world: World, message: Message, user: User, written: str) -> None:
    if message.channel.is_thread and message.channel.archived:
        raise thread_archived()
    reaction = find_reaction(message, written)
    if user not in reaction.users:
        return
    reaction.users.remove(user)
    if not reaction.users:
        message.reactions.remove(reaction)
    shown = _reaction_event(message, user, reaction)
    world.emit("MESSAGE_REACTION_REMOVE", lambda _: shown, channel=message.channel)


def _reaction_event(message: Message, user: User, reaction: Reaction) -> Json:
    return {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": message_payloads.emoji(reaction),
        "burst": False,
        "type": 0,
    } | posts.guild_of(message.channel)


def clear_reactions(world: World, message: Message, written: str | None) -> None:
    """Remove everybody's reactions, of one emoji or of all."""
    shown: Json = {"channel_id": str(message.channel.id), "message_id": str(message.id)}
    shown |= posts.guild_of(message.channel)
    if written is None:
        message.reactions.clear()
        world.emit("MESSAGE_REACTION_REMOVE_ALL", lambda _: shown, channel=message.channel)
        return
    reaction = find_reaction(message, written)
    message.reactions.remove(reaction)
    shown["emoji"] = message_payloads.emoji(reaction)
    world.emit("MESSAGE_REACTION_REMOVE_EMOJI", lambda _: shown, channel=message.channel)
