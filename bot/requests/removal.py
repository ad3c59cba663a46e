"""Say what ends at the wish of a requester or a moderator: pictures with their messages and files, and open jobs."""

import asyncio
import logging

from bot.domain.job import Job, Removed, State
from bot.engines.dispatcher import Dispatcher
from bot.errors import NothingToEdit
from bot.jobs.files import Files
from bot.jobs.records import Records
from bot.moderation.rules import Rules
from bot.posts.publisher import Publisher
from bot.texts import moderation

log = logging.getLogger(__name__)


class Removal:
    """The record is marked first and the files go last: what has both was left undone."""

    def __init__(
        self, records: Records, files: Files, publisher: Publisher, dispatcher: Dispatcher, rules: Rules
    ) -> None:
        self._records = records
        self._files = files
        self._publisher = publisher
        self._dispatcher = dispatcher
        self._erasing = asyncio.Lock()  # one may be asked for while another is under way
        self._rules = rules

    async def remove(self, job: Job, *, by: int) -> bool:
        """Delete it, as ``by`` wants; whether its message is gone too.

        Raises :class:`NothingToEdit` when it is not finished, and what the network does; then the rest is done later.
        """
        if job.state is not State.DELIVERED:
            raise NothingToEdit(moderation.UNFINISHED)
        why = Removed.DELETED if by == job.requester_id else Removed.MODERATOR
        marked = await self._records.mark([job.id], why)
        if marked and why is Removed.MODERATOR and job.guild_id is not None:
            await self._rules.note(job.guild_id, by, "delete picture", f"#{job.id} of {job.requester_id}")
        log.info("job %d: its picture is deleted by member %d", job.id, by)
        return await self._finish(job, why)

    async def cancel(self, user_id: int, guild_id: int | None) -> int:
        """Cancel what a member has waiting or running, in that server or, with None, everywhere; how many that were."""
        waiting = await self._records.unfinished(user_id, guild_id)
        return sum([await self._dispatcher.cancel_job(job_id) for job_id in waiting])

    async def resume(self) -> int:
        """Finish what an outage of Discord, or of the bot, has left undone; of how many pictures."""
        present = await asyncio.to_thread(self._files.job_ids)
        undone = await self._records.deleted(present)
        finished = 0
        for job in undone:
            try:
                await self._finish(job, job.removed or Removed.DELETED)
                finished += 1
            except Exception:
                log.exception("job %d: its deletion could not be finished yet", job.id)
        return finished + await self.erase()

    async def erase(self) -> int:
        """Cancel what still runs of all that is to be erased, delete its messages and files, and then the records.

        How many jobs that were. One that was just finished is left until it is delivered.
        """
        async with self._erasing:
            erased = 0
            for job in await self._records.erased():
                try:
                    erased += await self._erase_one(job)
                except Exception:
                    log.exception("job %d: it could not be erased yet", job.id)
            return erased

    async def _erase_one(self, job: Job) -> bool:
        if not job.state.ended and not await self._dispatcher.cancel_job(job.id):
            return False
        await self._publisher.erase(job)
        await self._files.clear(job.id)
        await self._records.erase(job.id)
        log.info("job %d: erased", job.id)
        return True

    async def _finish(self, job: Job, why: Removed) -> bool:
        gone = await self._publisher.remove(job, why)
        await self._files.clear(job.id)
        return gone
