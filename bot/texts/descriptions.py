"""Write what a picture shows."""

from collections.abc import Sequence

import discord

from bot.texts import card as card_texts
from bot.texts.numbers import decimal, percent, soon
from engine.messages import BundleInfo, Description, PhraseKind

LOST = "That picture is no longer on my disk. Save it from Discord and attach it to /describe."
NONE_HERE = "I found no picture here. Attach one to /describe, or use *Apps → Describe picture* on a message."
_TITLE_LIMIT = 256  # characters, Discord's
_CELLS = 6
_COLOUR = 0x5865F2


def too_soon(often: int, within: float, seconds: float) -> str:
    return f"You may ask me about {often} pictures in {decimal(within, 0)} seconds. Please ask again {soon(seconds)}."


def card(description: Description, info: BundleInfo, notes: Sequence[str] = ()) -> discord.Embed:
    """Show the sentence as the title, because *Paint this* reads it there, and the best phrases of each kind."""
    embed = discord.Embed(title=description.sentence[:_TITLE_LIMIT], colour=_COLOUR)
    said = [note for note in notes if note]
    if said:
        embed.description = "\n".join(f"-# {note}" for note in said)
    for kind in description.kinds:
        embed.add_field(name=kind.name.capitalize(), value=_ranked(kind))
    words = "in the words that these models know" if info.vocabulary else "by a list of phrases"
    embed.set_footer(text=f"Described by {info.name}, {words}. Each share is within its kind.")
    return embed


def text(description: Description) -> str:
    """Return the description for a terminal."""
    width = max((len(kind.name) for kind in description.kinds), default=0)
    lines = [f"{kind.name:<{width}}  {_line(kind)}" for kind in description.kinds]
    return "\n".join([description.sentence, *lines])


def _line(kind: PhraseKind) -> str:
    return ", ".join(f"{phrase} {percent(share)}" for phrase, share in kind.phrases)


def _ranked(kind: PhraseKind) -> str:
    """List phrases with their shares first, because a phrase can be longer than the line."""
    return "\n".join(f"`{card_texts.bar(share, _CELLS)}` {percent(share)} {phrase}" for phrase, share in kind.phrases)
