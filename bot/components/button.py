"""The one kind of button that the bot has. A button's state is in its custom_id, so it works after any restart."""

import re
from typing import Any, ClassVar, Self

import discord

from bot.components.host import Host
from bot.gateway.replies import explain, late


class HostButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"faraday"):
    """A button whose press is acknowledged first, then acted on, and whose errors reach the member who pressed.

    A subclass names its ``template`` and implements :meth:`read` and :meth:`act`.
    """

    in_place: ClassVar[bool] = False  # the press changes the button's own message, and only errors are answered

    def __init__(
        self,
        label: str,
        custom_id: str,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        *,
        emoji: str | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(discord.ui.Button(label=label, custom_id=custom_id, style=style, emoji=emoji, row=row))

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        """Return the button that a custom_id describes."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls.read(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        try:
            await self.acknowledge(interaction)
            try:
                answer = await self.act(interaction)
            except Exception as error:
                answer = explain(error)
            if answer is not None:
                await self.answer(interaction, answer)
        except discord.HTTPException as error:
            if not late(error):
                raise

    async def acknowledge(self, interaction: discord.Interaction[Host]) -> None:
        """Tell Discord within its three seconds that the press was seen."""
        if self.in_place:
            await interaction.response.defer()
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)

    async def act(self, interaction: discord.Interaction[Host]) -> str | None:
        """Do what the button says; return what the member is told, or None if there is nothing to say."""
        raise NotImplementedError

    async def answer(self, interaction: discord.Interaction[Host], text: str) -> None:
        """Tell the member who pressed, and nobody else."""
        if not interaction.response.is_done():
            await interaction.response.send_message(text, ephemeral=True)
        elif self.in_place:
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.edit_original_response(content=text)


def view_of(*buttons: discord.ui.Item[Any]) -> discord.ui.View:
    """Return a view of these buttons that never times out."""
    view = discord.ui.View(timeout=None)
    for one in buttons:
        view.add_item(one)
    return view
