"""The button that confirms /privacy erase."""

import asyncio
import re
from typing import Self

import discord

from bot.components.button import HostButton
from bot.components.host import Host
from bot.errors import NotYours
from bot.texts import privacy

LABEL = "Erase everything"
_under_way: set[asyncio.Task[int]] = set()


class EraseButton(HostButton, template=r"faraday:erase:(?P<user_id>\d{1,20})"):
    """Erases what is kept of the member whose id it carries."""

    in_place = True

    def __init__(self, user_id: int) -> None:
        super().__init__(LABEL, f"faraday:erase:{user_id}", discord.ButtonStyle.danger)
        self.user_id = user_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(int(match["user_id"]))

    async def act(self, interaction: discord.Interaction[Host]) -> None:
        if interaction.user.id != self.user_id:
            raise NotYours(privacy.NOT_YOURS)
        text = privacy.erasing(await erase(interaction.client, self.user_id))
        await interaction.edit_original_response(content=text, view=None)


async def erase(bot: Host, user_id: int) -> int:
    """Forget the member, begin to delete their pictures, and return how many those are."""
    marked = await bot.privacy.forget(user_id)
    task = asyncio.create_task(bot.removal.erase(), name=f"erasure for member {user_id}")
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return marked
