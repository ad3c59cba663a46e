"""Deletes what its days are over for, by the rules of ``[storage]``."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.config import StorageSection
from bot.domain.job import Removed
from bot.jobs import disk
from bot.jobs.files import Files
from bot.jobs.records import Records

log = logging.getLogger(__name__)

INTERVAL = 600.0  # seconds between two sweeps
_ORPHAN_SECONDS = 86_400.0  # a folder that no job owns is deleted when it is as old


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """Say how many files, by rule, and how many records were deleted."""

    pictures: int = 0
    uploads: int = 0
    frames: int = 0
    orphans: int = 0
    records: int = 0
    usage: int = 0


class Retention:
    """Only jobs that have ended lose anything; one under way keeps all its files, however old."""

    def __init__(self, files: Files, records: Records, rules: Callable[[], StorageSection]) -> None:
        self._files = files
        self._records = records
        self._rules = rules

    async def run(self, resume: Callable[[], Awaitable[int]], *, interval: float = INTERVAL) -> None:
        """Sweep again and again, and look after the disk, until cancelled; ``resume`` finishes deletions by wish."""
        while True:
            try:
                await resume()
                swept = await self.sweep(datetime.now(UTC))
                if swept != Swept():
                    log.info("deleted by rule: %s", swept)
                await asyncio.to_thread(disk.warn_of, self._files.root, self._rules().min_free_mib)
            except Exception:
                log.exception("old pictures could not be deleted")
            await asyncio.sleep(interval)

    async def sweep(self, now: datetime) -> Swept:
        """Delete whatever is too old at that moment."""
        rules = self._rules()
        return Swept(
            records=await self._forget(now, rules.records_days),
            pictures=await self._delete(now, rules.pictures_days, self._files.is_picture, pictures=True),
            uploads=await self._delete(now, rules.uploads_days, self._files.is_upload),
            frames=await self._delete(now, rules.frames_days, self._files.is_frame),
            orphans=await self._delete_orphans(),
            usage=await self._records.forget_usage(before=now),
        )

    async def _delete(
        self, now: datetime, days: int, unwanted: Callable[[str], bool], *, pictures: bool = False
    ) -> int:
        if not days:
            return 0
        present = await asyncio.to_thread(self._files.job_ids)
        old = await self._records.ended(present, before=now - timedelta(days=days))
        if pictures:  # noted first: a crash between leaves files for the next sweep, never a picture that is missing
            await self._records.mark(old, Removed.RULE)
        return await asyncio.to_thread(lambda: sum(self._files.prune(job_id, unwanted) for job_id in sorted(old)))

    async def _forget(self, now: datetime, days: int) -> int:
        if not days:
            return 0
        old = await self._records.all_ended(before=now - timedelta(days=days))
        for job_id in old:
            await self._files.clear(job_id)
        await self._records.delete(old)
        return len(old)

    async def _delete_orphans(self) -> int:
        """Delete folders of jobs that no record tells of, as of members who had theirs erased."""
        present = await asyncio.to_thread(self._files.job_ids)
        strays = set(present) - await self._records.known(present)
        old = [job_id for job_id in strays if await asyncio.to_thread(self._is_old, job_id)]
        for job_id in old:
            await self._files.clear(job_id)
        return len(old)

    def _is_old(self, job_id: int) -> bool:
        return time.time() - self._files.folder(job_id).stat().st_mtime > _ORPHAN_SECONDS
