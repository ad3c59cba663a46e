"""Which messages a bot may read without the privileged message-content intent."""

from __future__ import annotations

from sandbox.records.model import ChannelType, Message, User


def readable_without_intent(message: Message, bot: User) -> bool:
    """Its own messages, DMs, and messages that mention it; all else arrives empty.

    A reply that pings the bot mentions it, but only when it answers an ordinary message: the response to a
    slash command is a webhook's message, which a reply does not ping (`posts` leaves it out of the mentions).
    """
    return message.author is bot or message.channel.type is ChannelType.DM or bot in message.mentions
