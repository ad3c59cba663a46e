"""Gateway intents: which events a session asked for, and which need the portal's consent."""

from enum import IntFlag


class Intents(IntFlag):
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


HIGHEST = 1 << 26  # bits from here on are not intents
PRIVILEGED = Intents.GUILD_MEMBERS | Intents.GUILD_PRESENCES | Intents.MESSAGE_CONTENT

# The application's public flag for each privileged intent that an unverified bot may use.
APPLICATION_FLAGS = {
    Intents.GUILD_PRESENCES: 1 << 13,
    Intents.GUILD_MEMBERS: 1 << 15,
    Intents.MESSAGE_CONTENT: 1 << 19,
}


def needed(event: str, *, direct: bool) -> int:
    """Return the intent that a session needs to get this event, or 0 if it needs none."""
    if event.startswith("MESSAGE_REACTION"):
        return Intents.DIRECT_MESSAGE_REACTIONS if direct else Intents.GUILD_MESSAGE_REACTIONS
    if event.startswith("MESSAGE"):
        return Intents.DIRECT_MESSAGES if direct else Intents.GUILD_MESSAGES
    if event == "TYPING_START":
        return Intents.DIRECT_MESSAGE_TYPING if direct else Intents.GUILD_MESSAGE_TYPING
    if event.startswith("GUILD_MEMBER_"):
        return Intents.GUILD_MEMBERS
    if event.startswith(("GUILD_", "CHANNEL_", "THREAD_")):
        return Intents.GUILDS
    return 0
