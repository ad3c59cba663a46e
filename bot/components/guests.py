"""Members who installed the bot for themselves also use it where it is no member, and there it can only answer them."""

from __future__ import annotations

from typing import Any

import discord

Interaction = discord.Interaction[Any]


def is_guest(interaction: Interaction) -> bool:
    """Whether the bot can post here by answering alone: in a server that it is not in, or between two people."""
    if interaction.guild_id is not None:
        return not interaction.is_guild_integration()
    return interaction.context.private_channel


class Guests:
    """The interactions by which jobs can be told of: Discord takes answers for 15 minutes, and five messages."""

    def __init__(self) -> None:
        self._open: dict[int, Interaction] = {}

    def welcome(self, job_id: int, interaction: Interaction) -> None:
        """From now on that job is told of as an answer."""
        self._open = {job: asked for job, asked in self._open.items() if not asked.is_expired()}
        self._open[job_id] = interaction

    def of(self, job_id: int) -> Interaction | None:
        """None for a job that was asked elsewhere, or too long ago, or before a restart."""
        interaction = self._open.get(job_id)
        return None if interaction is None or interaction.is_expired() else interaction

    def channel(self, job_id: int) -> object:
        """Where the interaction was, as Discord showed it; None where :meth:`of` has none."""
        interaction = self.of(job_id)
        return interaction.channel if interaction is not None else None
