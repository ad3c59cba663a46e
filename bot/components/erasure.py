"""The button that confirms /privacy erase."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.components.apology import explain
from bot.texts import privacy

if TYPE_CHECKING:
    from bot.app import FaradayBot

LABEL = "Erase everything"
_under_way: set[asyncio.Task[int]] = set()


class Erase(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"faraday:erase:(?P<user_id>\d{1,20})"
):
    """For the member whose id it carries."""

    def __init__(self, user_id: int) -> None:
        custom_id = f"faraday:erase:{user_id}"
        super().__init__(discord.ui.Button(label=LABEL, style=discord.ButtonStyle.danger, custom_id=custom_id))
        self.user_id = user_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["user_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.response.defer()
        if interaction.user.id != self.user_id:
            await interaction.followup.send(privacy.NOT_YOURS, ephemeral=True)
            return
        try:
            text = privacy.erasing(await erase(interaction.client, self.user_id))
        except Exception as error:
            text = explain(error)
        await interaction.edit_original_response(content=text, view=None)


async def erase(bot: FaradayBot, user_id: int) -> int:
    """Forget the member, and begin to delete their pictures; how many those are."""
    marked = await bot.privacy.forget(user_id)
    task = asyncio.create_task(bot.removal.erase(), name=f"erasure for member {user_id}")
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return marked
