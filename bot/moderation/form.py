"""The form behind the button *Report*."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.apology import explain

if TYPE_CHECKING:
    from bot.app import FaradayBot

LONGEST = 300  # characters of a reason
_SECONDS = 900.0  # an interaction's answer is not taken later


class Form(discord.ui.Modal):
    """Asks why; the answer may be left empty."""

    def __init__(self, job_id: int) -> None:
        super().__init__(title=f"Report picture #{job_id}", timeout=_SECONDS, custom_id=f"faraday:report:{job_id}")
        self.job_id = job_id
        self.reason = discord.ui.TextInput[Form](
            style=discord.TextStyle.paragraph, required=False, max_length=LONGEST, custom_id="reason"
        )
        about = "The moderators see the picture, its recipe, and who reports it"
        self.add_item(discord.ui.Label(text="What is wrong with it?", description=about, component=self.reason))

    async def on_submit(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            answer = await interaction.client.reporting.report(self.job_id, interaction.user.id, self.reason.value)
        except Exception as error:
            answer = explain(error)
        await interaction.edit_original_response(content=answer)


async def open_form(interaction: discord.Interaction[FaradayBot], job_id: int) -> None:
    """Show the form, or say at once why there is nothing to fill in."""
    try:
        await interaction.client.reporting.check(job_id, interaction.user.id)
    except Exception as error:
        await interaction.response.send_message(explain(error), ephemeral=True)
        return
    await interaction.response.send_modal(Form(job_id))
