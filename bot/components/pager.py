"""Answers of several pages. A button's state is in its custom_id, so pages turn after any restart."""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.components.apology import explain

if TYPE_CHECKING:
    from bot.app import FaradayBot

QUERY_LIMIT = 50  # characters; with the rest of a custom_id no more than Discord's 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """``name`` is what an embed refers to as ``attachment://name``."""

    name: str
    content: bytes
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One page; ``number`` counts from 0. ``query`` is what the whole list was asked for."""

    content: str = ""
    embeds: Sequence[discord.Embed] = ()
    pictures: Sequence[Picture] = ()
    number: int = 0
    pages: int = 1


Render = Callable[["discord.Interaction[FaradayBot]", int, str], Awaitable[Shown]]
"""Of the page that is wanted, or the nearest one that there is; the text is the query."""


class Turn(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"faraday:page:(?P<what>[a-z]{1,16}):(?P<number>\d{1,6}):(?P<query>.{0,50})",
):
    """Turns an answer of ``what`` to another page; whoever sees the answer may."""

    def __init__(self, what: str, number: int, query: str, label: str = "") -> None:
        super().__init__(
            discord.ui.Button(label=label or "Page", custom_id=f"faraday:page:{what}:{number}:{query}", row=0)
        )
        self.what, self.number, self.query = what, number, query

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(match["what"], int(match["number"]), match["query"])

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.response.defer()
        try:
            shown = await interaction.client.pages[self.what](interaction, self.number, self.query)
        except Exception as error:
            await interaction.followup.send(explain(error), ephemeral=True)
            return
        await reply(interaction, self.what, shown, self.query)


async def reply(interaction: discord.Interaction[Any], what: str, shown: Shown, query: str = "") -> None:
    """Put the page into the answer that was deferred."""
    files = [
        discord.File(io.BytesIO(picture.content), picture.name, description=picture.description or None)
        for picture in shown.pictures
    ]
    await interaction.edit_original_response(
        content=shown.content or None,
        embeds=list(shown.embeds),
        attachments=files,
        view=_buttons(what, shown, query),
    )


def _buttons(what: str, shown: Shown, query: str) -> discord.ui.View | None:
    """Back and on, where there is something."""
    if shown.pages < 2:
        return None
    view = discord.ui.View(timeout=None)
    if shown.number > 0:
        view.add_item(Turn(what, shown.number - 1, query, "◀ Back"))
    if shown.number < shown.pages - 1:
        view.add_item(Turn(what, shown.number + 1, query, "On ▶"))
    return view


def page_of(number: int, total: int, each: int) -> tuple[int, int]:
    """The nearest page to ``number`` that there is, and how many pages ``total`` entries make."""
    pages = max(1, -(-total // each))
    return min(max(number, 0), pages - 1), pages
