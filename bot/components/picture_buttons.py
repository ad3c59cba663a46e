"""Say what can follow a finished picture, and the buttons for it."""

import re
from collections.abc import Iterator
from typing import Self

import discord

from bot.components.button import HostButton
from bot.components.host import Host
from bot.domain.job import Sequel

_IN_A_ROW = 5  # buttons, Discord's limit

LABELS = {
    Sequel.RERUN: "Rerun",
    Sequel.REMIX: "Remix",
    Sequel.EDIT: "Edit",
    Sequel.UPSCALE: "Upscale",
    Sequel.CONTINUE: "Continue",
    Sequel.TIMELAPSE: "Timelapse",
}
"""What has a button."""
EMOJI = {
    Sequel.RERUN: "🔁",
    Sequel.EDIT: "✏️",
    Sequel.UPSCALE: "⬆️",
    Sequel.CONTINUE: "▶️",
    Sequel.TIMELAPSE: "🎬",
    Sequel.SEND: "✉️",
}
"""What has a reaction."""


class SequelButton(HostButton, template=rf"faraday:(?P<sequel>{'|'.join(LABELS)}):(?P<job_id>\d{{1,18}})"):
    """Continues from a finished picture, for everyone who may use the bot there."""

    def __init__(self, sequel: Sequel, job_id: int, row: int | None = None) -> None:
        super().__init__(LABELS[sequel], f"faraday:{sequel}:{job_id}", emoji=EMOJI.get(sequel), row=row)
        self.sequel, self.job_id = sequel, job_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(Sequel(match["sequel"]), int(match["job_id"]))

    async def acknowledge(self, interaction: discord.Interaction[Host]) -> None:
        """Leave the first answer to :meth:`act`, because it may be a form."""

    async def act(self, interaction: discord.Interaction[Host]) -> None:
        await interaction.client.followups.pressed(interaction, self.sequel, self.job_id)


def sequels(job_id: int) -> Iterator[SequelButton]:
    """Yield the buttons for the first rows under a finished picture."""
    for place, sequel in enumerate(LABELS):
        yield SequelButton(sequel, job_id, row=place // _IN_A_ROW)


def meant_by(emoji: str) -> Sequel | None:
    """Return what a reaction asks for, with or without the sign that makes an emoji colourful; None for any other."""
    plain = emoji.rstrip("\ufe0f")
    return next((sequel for sequel, sign in EMOJI.items() if sign.rstrip("\ufe0f") == plain), None)
