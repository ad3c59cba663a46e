"""Reports: the form behind the button *Report*, and the buttons under a report for moderators."""

import re
from collections.abc import Iterable
from typing import Any, Self

import discord

from bot.components import forms
from bot.components.button import HostButton, view_of
from bot.components.host import Host
from bot.domain.moderation import Verdict
from bot.errors import NotYours
from bot.gateway.replies import explain
from bot.texts import answers, card, moderation

LABELS = {Verdict.DELETE: "Delete picture", Verdict.BLOCK: "Block requester", Verdict.DISMISS: "Dismiss"}
LONGEST = 300  # characters of a reason
_STYLES = {
    Verdict.DELETE: discord.ButtonStyle.danger,
    Verdict.BLOCK: discord.ButtonStyle.danger,
    Verdict.DISMISS: discord.ButtonStyle.secondary,
}
_ID = re.compile(r"faraday:report:(?P<job_id>\d{1,18})")
_REASON = "reason"


class VerdictButton(HostButton, template=r"faraday:report:(?P<verdict>delete|block|dismiss):(?P<report_id>\d{1,18})"):
    """Settles one report; the message then says what was decided."""

    in_place = True

    def __init__(self, verdict: Verdict, report_id: int) -> None:
        super().__init__(LABELS[verdict], f"faraday:report:{verdict}:{report_id}", _STYLES[verdict])
        self.verdict, self.report_id = verdict, report_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(Verdict(match["verdict"]), int(match["report_id"]))

    async def act(self, interaction: discord.Interaction[Host]) -> None:
        may = interaction.permissions
        if not (may.manage_messages or may.manage_guild):
            raise NotYours(answers.MODERATORS_ONLY)
        line = await interaction.client.reporting.decide(self.report_id, self.verdict, by=interaction.user.id)
        text = f"{interaction.message.content if interaction.message else ''}\n{line}"[-card.CONTENT_LIMIT :]
        shown: dict[str, Any] = {"attachments": []} if self.verdict is Verdict.DELETE else {}
        view = verdicts(self.report_id, self._left(interaction))
        await interaction.edit_original_response(content=text, view=view, **shown)

    def _left(self, interaction: discord.Interaction[Any]) -> list[Verdict]:
        """Return what can still be decided: nothing after a dismissal, and no dismissal after a deletion."""
        rows = interaction.message.components if interaction.message else []
        there = [button.custom_id or "" for row in rows for button in getattr(row, "children", ())]
        settled = {Verdict.DISMISS: set(Verdict), Verdict.DELETE: {Verdict.DELETE, Verdict.DISMISS}}
        closed = settled.get(self.verdict, {self.verdict})
        return [one for one in Verdict if one not in closed and f"faraday:report:{one}:{self.report_id}" in there]


def verdicts(report_id: int, left: Iterable[Verdict] = tuple(Verdict)) -> discord.ui.View | None:
    """Return the buttons for the verdicts that are left; None if none is."""
    buttons = [VerdictButton(verdict, report_id) for verdict in left]
    return view_of(*buttons) if buttons else None


def form(job_id: int) -> discord.ui.Modal:
    """Return a form that asks why; the answer may be left empty."""
    modal = discord.ui.Modal(
        title=moderation.report_title(job_id), custom_id=f"faraday:report:{job_id}", timeout=forms.OPEN_SECONDS
    )
    reason = discord.ui.TextInput[discord.ui.Modal](
        style=discord.TextStyle.paragraph, required=False, max_length=LONGEST, custom_id=_REASON
    )
    label = discord.ui.Label(text=moderation.REPORT_WHY, description=moderation.ABOUT_REPORTS, component=reason)
    return modal.add_item(label)


async def open_form(interaction: discord.Interaction[Host], job_id: int) -> None:
    """Show the form, or say at once why there is nothing to fill in."""
    try:
        await interaction.client.reporting.check(job_id, interaction.user.id)
    except Exception as error:
        await interaction.response.send_message(explain(error), ephemeral=True)
        return
    await interaction.response.send_modal(form(job_id))


async def take(interaction: discord.Interaction[Any]) -> None:
    """Report what a form that came back says; any other interaction is none of this."""
    found = forms.submitted(interaction, _ID)
    if found is None:
        return
    match, fields = found
    await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        reporting = interaction.client.reporting
        answer = await reporting.report(int(match["job_id"]), interaction.user.id, fields.get(_REASON, "")[:LONGEST])
    except Exception as error:
        answer = explain(error)
    await interaction.edit_original_response(content=answer)
