"""The buttons of a card. Their state is in their custom_id, so they work after any restart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.components import report_form
from bot.components.apology import explain
from bot.components.guests import is_guest
from bot.components.picture_buttons import sequels
from bot.domain.job import Job, State
from bot.errors import NotYours, UnknownJob
from bot.texts import answers, safety

if TYPE_CHECKING:
    from bot.app import FaradayBot


class Action(StrEnum):
    STOP = "stop"
    CANCEL = "cancel"


class Fate(StrEnum):
    DELETE = "delete"
    REPORT = "report"


_FATES = {Fate.DELETE: "Delete", Fate.REPORT: "Report"}
_LABELS = {Action.STOP: "Stop and keep", Action.CANCEL: "Cancel"}
_STYLES = {Action.STOP: discord.ButtonStyle.primary, Action.CANCEL: discord.ButtonStyle.secondary}
_ANSWERS = {
    Action.STOP: answers.STOPPING,
    Action.CANCEL: answers.CANCELLED,
}


class Control(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"faraday:(?P<action>stop|cancel):(?P<job_id>\d{1,18})",
):
    """Stop or cancel one job; for its requester and for those who manage messages."""

    def __init__(self, action: Action, job_id: int) -> None:
        button = discord.ui.Button[discord.ui.View](
            label=_LABELS[action], style=_STYLES[action], custom_id=f"faraday:{action}:{job_id}"
        )
        super().__init__(button)
        self.action = action
        self.job_id = job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(Action(match["action"]), int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        try:
            answer = await self._act(interaction)
        except Exception as error:
            answer = explain(error)
        await interaction.response.send_message(answer, ephemeral=True)

    async def _act(self, interaction: discord.Interaction[FaradayBot]) -> str:
        bot = interaction.client
        job = await bot.queue.get(self.job_id)
        if job is None or job.state not in (State.QUEUED, State.RUNNING):
            return answers.NOT_PAINTED_ANY_MORE
        if not may_control(interaction, job):
            return answers.not_yours(job.requester_id)
        act = bot.dispatcher.stop_job if self.action is Action.STOP else bot.dispatcher.cancel_job
        if not await act(job.id):
            return answers.NOT_PAINTED_ANY_MORE
        await note(interaction, job, f"{self.action} picture")
        return _ANSWERS[Action.CANCEL if job.state is State.QUEUED else self.action]


class Disposal(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"faraday:(?P<fate>delete|report):(?P<job_id>\d{1,18})",
):
    """Under a finished picture: what is to become of it."""

    def __init__(self, fate: Fate, job_id: int) -> None:
        super().__init__(
            discord.ui.Button(
                label=_FATES[fate], style=discord.ButtonStyle.secondary, custom_id=f"faraday:{fate}:{job_id}", row=4
            )
        )
        self.fate, self.job_id = fate, job_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(Fate(match["fate"]), int(match["job_id"]))

    async def callback(self, interaction: discord.Interaction[FaradayBot]) -> None:  # type: ignore[override]
        if self.fate is Fate.REPORT:
            return await report_form.open_form(interaction, self.job_id)
        if is_guest(interaction):
            await interaction.response.defer()  # so that the original response is the message with the picture
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            answer = await self._delete(interaction)
        except Exception as error:
            answer = explain(error)
        await interaction.followup.send(answer, ephemeral=True)

    async def _delete(self, interaction: discord.Interaction[FaradayBot]) -> str:
        bot = interaction.client
        job = await bot.queue.get(self.job_id)
        if job is None:
            raise UnknownJob()
        if not may_control(interaction, job):
            raise NotYours(answers.not_yours(job.requester_id))
        gone = await bot.removal.remove(job, by=interaction.user.id)
        if is_guest(interaction):
            if not gone:
                await interaction.delete_original_response()
            return safety.DELETED_FOR_GUEST
        return safety.DELETED if gone else safety.MESSAGE_STAYS


async def note(interaction: discord.Interaction[FaradayBot], job: Job, action: str) -> None:
    """Into the server's trail, if it was done to somebody else's picture."""
    if job.guild_id is not None and interaction.user.id != job.requester_id:
        subject = f"#{job.id} of {job.requester_id}"
        await interaction.client.rules.note(job.guild_id, interaction.user.id, action, subject)


def may_control(interaction: discord.Interaction[Any], job: Job) -> bool:
    """The requester may, and whoever moderates the channel."""
    moderates = interaction.guild_id is not None and interaction.permissions.manage_messages
    return moderates or interaction.user.id == job.requester_id


def buttons(job_id: int, actions: Iterable[Action]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for action in actions:
        view.add_item(Control(action, job_id))
    return view


def under_picture(job_id: int) -> discord.ui.View:
    """The buttons of a finished picture."""
    view = discord.ui.View(timeout=None)
    for sequel in sequels(job_id):
        view.add_item(sequel)
    for fate in Fate:
        view.add_item(Disposal(fate, job_id))
    return view
