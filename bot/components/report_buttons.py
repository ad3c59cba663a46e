"""The buttons under a report, for moderators."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.components.apology import explain
from bot.errors import NotYours
from bot.texts import answers, card

if TYPE_CHECKING:
    from bot.app import FaradayBot


class Verdict(StrEnum):
    DELETE = "delete"
    BLOCK = "block"
    DISMISS = "dismiss"


LABELS = {Verdict.DELETE: "Delete picture", Verdict.BLOCK: "Block requester", Verdict.DISMISS: "Dismiss"}
_STYLES = {
    Verdict.DELETE: discord.ButtonStyle.danger,
    Verdict.BLOCK: discord.ButtonStyle.danger,
    Verdict.DISMISS: discord.ButtonStyle.secondary,
}


class Judge(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"faraday:report:(?P<verdict>delete|block|dismiss):(?P<report_id>\d{1,18})",
):
    """Decides one report; what was decided stands under it then."""

    def __init__(self, verdict: Verdict, report_id: int) -> None:
        custom_id = f"faraday:report:{verdict}:{report_id}"
        super().__init__(discord.ui.Button(label=LABELS[verdict], style=_STYLES[verdict], custom_id=custom_id))
        self.verdict, self.report_id = verdict, report_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(Verdict(match["verdict"]), int(match["report_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.response.defer()
        try:
            await self._decide(interaction)
        except Exception as error:
            await interaction.followup.send(explain(error), ephemeral=True)

    async def _decide(self, interaction: discord.Interaction[FaradayBot]) -> None:
        may = interaction.permissions
        if not (may.manage_messages or may.manage_guild):
            raise NotYours(answers.MODERATORS_ONLY)
        reporting = interaction.client.reporting
        line = await reporting.decide(self.report_id, self.verdict, by=interaction.user.id)
        text = f"{interaction.message.content if interaction.message else ''}\n{line}"[-card.CONTENT_LIMIT :]
        shown: dict[str, Any] = {"attachments": []} if self.verdict is Verdict.DELETE else {}
        await interaction.edit_original_response(
            content=text, view=verdicts(self.report_id, self._left(interaction)), **shown
        )

    def _left(self, interaction: discord.Interaction[Any]) -> list[Verdict]:
        """What can still be decided: nothing after a dismissal, and no dismissal after a deletion."""
        rows = interaction.message.components if interaction.message else []
        there = [button.custom_id or "" for row in rows for button in getattr(row, "children", ())]
        settled = {Verdict.DISMISS: set(Verdict), Verdict.DELETE: {Verdict.DELETE, Verdict.DISMISS}}
        closed = settled.get(self.verdict, {self.verdict})
        return [one for one in Verdict if one not in closed and f"faraday:report:{one}:{self.report_id}" in there]


def verdicts(report_id: int, left: Iterable[Verdict] = tuple(Verdict)) -> discord.ui.View | None:
    """Those that are left; None for none."""
    view = discord.ui.View(timeout=None)
    for verdict in left:
        view.add_item(Judge(verdict, report_id))
    return view if view.children else None
