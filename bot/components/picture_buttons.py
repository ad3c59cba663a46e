"""What can follow a finished picture, and the buttons for it. Their state is in their custom_id, as a card's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import discord

if TYPE_CHECKING:
    from bot.app import FaradayBot

_IN_A_ROW = 5  # buttons, Discord's


class Sequel(StrEnum):
    RERUN = "rerun"
    REMIX = "remix"
    EDIT = "edit"
    UPSCALE = "upscale"
    CONTINUE = "continue"
    TIMELAPSE = "timelapse"
    SEND = "send"


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


class Follow(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=rf"faraday:(?P<sequel>{'|'.join(LABELS)}):(?P<job_id>\d{{1,18}})",
):
    """Under a finished picture: what to make of it, for everyone who may use the bot there."""

    def __init__(self, sequel: Sequel, job_id: int, row: int | None = None) -> None:
        super().__init__(
            discord.ui.Button(
                label=LABELS[sequel],
                emoji=EMOJI.get(sequel),
                style=discord.ButtonStyle.secondary,
                custom_id=f"faraday:{sequel}:{job_id}",
                row=row,
            )
        )
        self.sequel, self.job_id = sequel, job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(Sequel(match["sequel"]), int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.client.followups.pressed(interaction, self.sequel, self.job_id)


def sequels(job_id: int) -> Iterator[Follow]:
    """The buttons under a finished picture, for its first rows."""
    for place, sequel in enumerate(LABELS):
        yield Follow(sequel, job_id, row=place // _IN_A_ROW)


def meant_by(emoji: str) -> Sequel | None:
    """What a reaction asks for; emoji come with and without the sign that makes them colourful."""
    plain = emoji.rstrip("\ufe0f")
    return next((sequel for sequel, sign in EMOJI.items() if sign.rstrip("\ufe0f") == plain), None)
