"""The buttons that turn the pages of an answer."""

import io
import re
from typing import Any, Self

import discord

from bot.components.button import HostButton, view_of
from bot.components.host import Host
from bot.components.pages import Page


class PageButton(HostButton, template=r"faraday:page:(?P<what>[a-z]{1,16}):(?P<number>\d{1,6}):(?P<query>.{0,50})"):
    """Turns the answer named ``what`` to another page, for everyone who sees the answer."""

    in_place = True

    def __init__(self, what: str, number: int, query: str, label: str = "Page") -> None:
        super().__init__(label, f"faraday:page:{what}:{number}:{query}", row=0)
        self.what, self.number, self.query = what, number, query

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(match["what"], int(match["number"]), match["query"])

    async def act(self, interaction: discord.Interaction[Host]) -> None:
        page = await interaction.client.pages[self.what](interaction, self.number, self.query)
        await reply(interaction, self.what, page, self.query)


async def reply(interaction: discord.Interaction[Any], what: str, page: Page, query: str = "") -> None:
    """Put the page into the answer that was deferred."""
    files = [
        discord.File(
            io.BytesIO(picture.content), picture.name, description=picture.description or None, spoiler=picture.covered
        )
        for picture in page.pictures
    ]
    await interaction.edit_original_response(
        content=page.content or None,
        embeds=list(page.embeds),
        attachments=files,
        view=_buttons(what, page, query),
    )


def _buttons(what: str, page: Page, query: str) -> discord.ui.View | None:
    """Return the buttons for the pages before and after this one; None for an answer of one page."""
    if page.pages < 2:
        return None
    back = [PageButton(what, page.number - 1, query, "◀ Back")] if page.number > 0 else []
    on = [PageButton(what, page.number + 1, query, "On ▶")] if page.number < page.pages - 1 else []
    return view_of(*back, *on)
