"""Lead from a member's report of a picture to the moderators' channel, and back to what they decided."""

import asyncio
import io
import logging
from typing import Any

import discord
from sqlalchemy.exc import IntegrityError

from bot.components.report_buttons import verdicts
from bot.domain.job import Job, State
from bot.domain.moderation import Outcome, Verdict
from bot.domain.setting import Scope
from bot.errors import CannotPost, NotAllowed, NothingToEdit, UnknownJob
from bot.images import uploads
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.members.settings import SettingsStore
from bot.moderation.desk import Desk
from bot.moderation.reports import Report, Reports
from bot.requests.removal import Removal
from bot.texts import moderation

log = logging.getLogger(__name__)

_SIDE = 512  # pixels of the picture in a report


class Reporting:
    """Every report and every decision is in the server's trail."""

    def __init__(
        self,
        client: discord.Client,
        queue: Queue,
        files: Files,
        reports: Reports,
        settings: SettingsStore,
        desk: Desk,
        removal: Removal,
    ) -> None:
        self._client = client
        self._queue = queue
        self._files = files
        self._reports = reports
        self._settings = settings
        self._desk = desk
        self._removal = removal

    async def check(self, job_id: int, reporter_id: int) -> tuple[Job, int]:
        """Return the picture and the channel that its report would go to.

        Raises :class:`bot.errors.UserError` where it cannot be reported: there is no such picture any more, the
        member is blocked or has reported it already, or no channel is set.
        """
        job = await self._queue.get(job_id)
        if job is None:
            raise UnknownJob()
        if job.removed in moderation.WISHED:
            raise NothingToEdit(moderation.gone(job.removed))
        if job.state is not State.DELIVERED or job.guild_id is None:
            raise NotAllowed(moderation.NO_MODERATORS)
        await self._desk.gate.check_member(reporter_id, job.guild_id)
        before = await self._reports.find(job_id, reporter_id)
        if before is not None and before.message_id is not None:
            raise NotAllowed(moderation.reported_already(before.outcome))
        if self._client.get_guild(job.guild_id) is None:
            raise NotAllowed(moderation.NO_MEMBER_HERE)
        channel_id = (await self._settings.get(Scope.GUILD, job.guild_id)).report_channel
        if channel_id is None:
            raise NotAllowed(moderation.NO_REPORT_CHANNEL)
        return job, channel_id

    async def report(self, job_id: int, reporter_id: int, reason: str) -> str:
        """Tell the moderators; returns what the member is told. Raises as :meth:`check`."""
        job, channel_id = await self.check(job_id, reporter_id)
        assert job.guild_id is not None
        try:
            report = await self._reports.add(job.id, job.guild_id, reporter_id, reason)
        except IntegrityError:  # the same, a moment ago
            raise NotAllowed(moderation.reported_already(None)) from None
        try:
            message_id = await self._post(channel_id, job, report)
        except (discord.Forbidden, discord.NotFound) as error:
            log.warning("job %d: its report cannot be posted in channel %d: %s", job.id, channel_id, error)
            raise CannotPost(moderation.report_channel_closed(channel_id)) from None
        await self._reports.told(report.id, channel_id=channel_id, message_id=message_id)
        await self._desk.rules.note(job.guild_id, reporter_id, "report picture", f"#{job.id} of {job.requester_id}")
        return moderation.REPORTED

    async def _post(self, channel_id: int, job: Job, report: Report) -> int:
        """Post the report. A picture that is reported already gets a reply to that, and no buttons of its own."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        if (first := await self._reports.open_about(job.id)) and first.channel_id == channel_id and first.message_id:
            reference = channel.get_partial_message(first.message_id).to_reference(fail_if_not_exists=False)
            text = moderation.reported_too(job, report.reporter_id, report.reason)
            return (await channel.send(text, reference=reference, mention_author=False)).id
        png = await self._files.read(self._files.final(job.id))
        shown: dict[str, Any] = {"view": verdicts(report.id)} | ({"file": await _covered(job, png)} if png else {})
        text = moderation.report(job, report.reporter_id, report.reason, pictured=png is not None)
        return (await channel.send(text, suppress_embeds=True, **shown)).id

    async def decide(self, report_id: int, verdict: Verdict, *, by: int) -> str:
        """Carry it out; returns a line for the report."""
        report = await self._reports.get(report_id)
        if report is None:
            raise NothingToEdit(moderation.REPORT_ERASED)
        if verdict is Verdict.DISMISS:
            await self._reports.settle(report.job_id, Outcome.DISMISSED, by=by)
            await self._desk.rules.note(report.guild_id, by, "dismiss report", f"of #{report.job_id}")
            return moderation.dismissed(by)
        job = await self._queue.get(report.job_id)
        if job is None:
            raise UnknownJob()
        if verdict is Verdict.BLOCK:
            await self._desk.block_user(report.guild_id, job.requester_id, by=by)
            return moderation.blocked(job, by)
        gone = await self._removal.remove(job, by=by)
        await self._reports.settle(report.job_id, Outcome.DELETED, by=by)
        return moderation.deleted_on_report(by, gone=gone)


async def _covered(job: Job, png: bytes) -> discord.File:
    """Return the picture as a covered file with another name, because its own message is found by the name."""
    factor = max(1, _SIDE // max(job.spec.width, job.spec.height))
    jpeg = await asyncio.to_thread(uploads.preview, png, factor)
    return discord.File(io.BytesIO(jpeg), f"report-{job.id}.jpg", spoiler=True)
