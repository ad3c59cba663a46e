"""The bot as its buttons, forms and requests see it; :class:`bot.app.FaradayBot` makes what is declared here."""

from typing import Any, Protocol

import discord

from bot.components.pages import Render
from bot.domain.job import Job, Sequel
from bot.domain.moderation import Verdict
from bot.engines.dispatcher import Dispatcher
from bot.gateway.client import ConnectedBot
from bot.jobs.archive import Archive
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.members.privacy import MemberData
from bot.members.styles import StyleStore
from bot.moderation.desk import Desk
from bot.moderation.rules import Rules
from bot.words.prompts import Wish


class Remover(Protocol):
    """Takes pictures away."""

    async def remove(self, job: Job, *, by: int) -> bool:
        """Remove the picture of ``job``; False if its message had to stay."""
        ...

    async def erase(self) -> int:
        """Finish the erasures that were asked for, and return how many pictures are gone."""
        ...


class Follower(Protocol):
    """Does what follows a finished picture."""

    async def pressed(self, interaction: discord.Interaction[Any], sequel: Sequel, job_id: int) -> None:
        """Answer a button under the picture of that job."""
        ...

    async def paint(self, interaction: discord.Interaction[Any], wish: Wish) -> str:
        """Paint a new picture where the interaction was, and return what the member is told."""
        ...


class ReportTaker(Protocol):
    """Takes reports of pictures to the moderators, and their verdicts back."""

    async def check(self, job_id: int, reporter_id: int) -> object:
        """Raise :class:`bot.errors.UserError` if this member cannot report that job."""
        ...

    async def report(self, job_id: int, reporter_id: int, reason: str) -> str:
        """Tell the moderators, and return what the member is told."""
        ...

    async def decide(self, report_id: int, verdict: Verdict, *, by: int) -> str:
        """Carry out a moderator's verdict, and return the line that says so."""
        ...


class Host(ConnectedBot):
    """The connected client with everything that a press of a button may need."""

    archive: Archive
    desk: Desk
    dispatcher: Dispatcher
    files: Files
    followups: Follower
    pages: dict[str, Render]  # what turns the pages of an answer, by the name of the answer
    privacy: MemberData
    queue: Queue
    removal: Remover
    reporting: ReportTaker
    rules: Rules
    styles: StyleStore
