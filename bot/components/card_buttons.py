"""The buttons of a card, of a grid's sheet and of a finished picture."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Self

import discord

from bot.components import report_buttons
from bot.components.button import HostButton, view_of
from bot.components.host import Host
from bot.components.permissions import is_guest
from bot.components.picture_buttons import sequels
from bot.domain.job import Job, State
from bot.errors import NotYours, UnknownJob
from bot.texts import answers, moderation, sheets


class Action(StrEnum):
    """Name what can be done with a job that is not finished."""

    STOP = "stop"
    CANCEL = "cancel"


class Disposal(StrEnum):
    """Name what can become of a finished picture."""

    DELETE = "delete"
    REPORT = "report"


_DISPOSALS = {Disposal.DELETE: "Delete", Disposal.REPORT: "Report"}
_LABELS = {Action.STOP: "Stop and keep", Action.CANCEL: "Cancel"}
_STYLES = {Action.STOP: discord.ButtonStyle.primary, Action.CANCEL: discord.ButtonStyle.secondary}
_ANSWERS = {Action.STOP: answers.STOPPING, Action.CANCEL: answers.CANCELLED}
_CANCEL_REST = "Cancel the rest"
_LAST_ROW = 4


class ActionButton(HostButton, template=r"faraday:(?P<action>stop|cancel):(?P<job_id>\d{1,18})"):
    """Stops or cancels one job; for its requester and for those who manage messages."""

    def __init__(self, action: Action, job_id: int) -> None:
        super().__init__(_LABELS[action], f"faraday:{action}:{job_id}", _STYLES[action])
        self.action, self.job_id = action, job_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(Action(match["action"]), int(match["job_id"]))

    async def acknowledge(self, interaction: discord.Interaction[Host]) -> None:
        """Leave the first answer to :meth:`answer`: nothing here takes long."""

    async def act(self, interaction: discord.Interaction[Host]) -> str:
        bot = interaction.client
        job = await bot.queue.get(self.job_id)
        if job is None or job.state not in (State.QUEUED, State.RUNNING):
            return answers.NOT_PAINTED_ANY_MORE
        check_control(interaction, job)
        carry_out = bot.dispatcher.stop_job if self.action is Action.STOP else bot.dispatcher.cancel_job
        if not await carry_out(job.id):
            return answers.NOT_PAINTED_ANY_MORE
        await note(interaction, job, f"{self.action} picture")
        return _ANSWERS[Action.CANCEL if job.state is State.QUEUED else self.action]


class DisposalButton(HostButton, template=r"faraday:(?P<disposal>delete|report):(?P<job_id>\d{1,18})"):
    """Deletes or reports a finished picture."""

    in_place = True

    def __init__(self, disposal: Disposal, job_id: int) -> None:
        super().__init__(_DISPOSALS[disposal], f"faraday:{disposal}:{job_id}", row=_LAST_ROW)
        self.disposal, self.job_id = disposal, job_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(Disposal(match["disposal"]), int(match["job_id"]))

    async def acknowledge(self, interaction: discord.Interaction[Host]) -> None:
        if self.disposal is Disposal.REPORT:
            return  # a form must be the first answer
        if is_guest(interaction):
            await interaction.response.defer()  # the original response is then the message with the picture
        else:
            await interaction.response.defer(ephemeral=True, thinking=True)

    async def act(self, interaction: discord.Interaction[Host]) -> str | None:
        if self.disposal is Disposal.REPORT:
            await report_buttons.open_form(interaction, self.job_id)
            return None
        bot = interaction.client
        job = await bot.queue.get(self.job_id)
        if job is None:
            raise UnknownJob()
        check_control(interaction, job)
        gone = await bot.removal.remove(job, by=interaction.user.id)
        if is_guest(interaction):
            if not gone:
                await interaction.delete_original_response()
            return moderation.DELETED_FOR_GUEST
        return moderation.DELETED if gone else moderation.MESSAGE_STAYS


class GridButton(HostButton, template=r"faraday:grid-cancel:(?P<grid_id>\d{1,18})"):
    """Cancels what of a grid waits or runs; for its requester and for those who manage messages."""

    def __init__(self, grid_id: int) -> None:
        super().__init__(_CANCEL_REST, f"faraday:grid-cancel:{grid_id}")
        self.grid_id = grid_id

    @classmethod
    def read(cls, match: re.Match[str]) -> Self:
        return cls(int(match["grid_id"]))

    async def act(self, interaction: discord.Interaction[Host]) -> str:
        bot = interaction.client
        jobs = await bot.archive.grid(self.grid_id)
        if jobs:
            check_control(interaction, jobs[0])
        open_ = [job for job in reversed(jobs) if not job.state.ended]  # the last first: no other begins meanwhile
        gone = [job for job in open_ if await bot.dispatcher.cancel_job(job.id)]
        return sheets.CANCELLED.format(count=len(gone)) if gone else sheets.OVER


async def note(interaction: discord.Interaction[Host], job: Job, action: str) -> None:
    """Write into the server's trail what a moderator did to somebody else's picture."""
    if job.guild_id is not None and interaction.user.id != job.requester_id:
        subject = f"#{job.id} of {job.requester_id}"
        await interaction.client.rules.note(job.guild_id, interaction.user.id, action, subject)


def check_control(interaction: discord.Interaction[Any], job: Job) -> None:
    """Raise :class:`NotYours` unless the member requested the job or moderates the channel."""
    moderates = interaction.guild_id is not None and interaction.permissions.manage_messages
    if not (moderates or interaction.user.id == job.requester_id):
        raise NotYours(answers.not_yours(job.requester_id))


def under_card(job_id: int, actions: Iterable[Action]) -> discord.ui.View:
    """Return the buttons of a job's card."""
    return view_of(*(ActionButton(action, job_id) for action in actions))


def under_sheet(grid_id: int) -> discord.ui.View:
    """Return the button of a grid's sheet."""
    return view_of(GridButton(grid_id))


def under_picture(job_id: int) -> discord.ui.View:
    """Return the buttons of a finished picture."""
    return view_of(*sequels(job_id), *(DisposalButton(disposal, job_id) for disposal in Disposal))
