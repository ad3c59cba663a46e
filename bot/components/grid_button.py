"""The button under a grid's sheet. Its state is in its custom_id, as a card's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.components.apology import explain
from bot.components.card_buttons import may_control
from bot.errors import NotYours
from bot.texts import answers, grids

if TYPE_CHECKING:
    from bot.app import FaradayBot

LABEL = "Cancel the rest"


class GridControl(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"faraday:grid-cancel:(?P<grid_id>\d{1,18})"
):
    """Drops what of a grid waits or runs; for its requester and for those who manage messages."""

    def __init__(self, grid_id: int) -> None:
        custom_id = f"faraday:grid-cancel:{grid_id}"
        super().__init__(
            discord.ui.Button(label=LABEL, style=discord.ButtonStyle.secondary, custom_id=custom_id),
        )
        self.grid_id = grid_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["grid_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            answer = await self._cancel(interaction)
        except Exception as error:
            answer = explain(error)
        await interaction.edit_original_response(content=answer)

    async def _cancel(self, interaction: discord.Interaction[FaradayBot]) -> str:
        bot = interaction.client
        jobs = await bot.archive.grid(self.grid_id)
        if jobs and not may_control(interaction, jobs[0]):
            raise NotYours(answers.not_yours(jobs[0].requester_id))
        open_ = [job for job in reversed(jobs) if not job.state.ended]  # the last first: no other begins meanwhile
        gone = [job for job in open_ if await bot.dispatcher.cancel_job(job.id)]
        return grids.CANCELLED.format(count=len(gone)) if gone else grids.OVER


def button(grid_id: int) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(GridControl(grid_id))
    return view
