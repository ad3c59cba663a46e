"""The form behind the button *Report*. Its custom_id alone says what it belongs to (:mod:`bot.components.forms`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import discord

from bot.components import forms
from bot.components.apology import explain
from bot.texts import moderation

if TYPE_CHECKING:
    from bot.app import FaradayBot

LONGEST = 300  # characters of a reason
_ID = re.compile(r"faraday:report:(?P<job_id>\d{1,18})")
_REASON = "reason"


def form(job_id: int) -> discord.ui.Modal:
    """Asks why; the answer may be left empty."""
    modal = discord.ui.Modal(
        title=moderation.report_title(job_id), custom_id=f"faraday:report:{job_id}", timeout=forms.OPEN_SECONDS
    )
    reason = discord.ui.TextInput[discord.ui.Modal](
        style=discord.TextStyle.paragraph, required=False, max_length=LONGEST, custom_id=_REASON
    )
    label = discord.ui.Label(text=moderation.REPORT_WHY, description=moderation.ABOUT_REPORTS, component=reason)
    return modal.add_item(label)


async def open_form(interaction: discord.Interaction[FaradayBot], job_id: int) -> None:
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
