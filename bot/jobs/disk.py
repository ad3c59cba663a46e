"""Check the free space of the disk that holds the jobs' files."""

import logging
import shutil
from pathlib import Path

log = logging.getLogger(__name__)

MIB = 2**20


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk of ``folder``, which need not exist yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def nearly_full(folder: Path, min_free_mib: int) -> bool:
    """Return whether less than ``min_free_mib`` MiB are free."""
    return free_bytes(folder) < min_free_mib * MIB


def warn_of(folder: Path, min_free_mib: int) -> None:
    """Log a warning below twice ``min_free_mib`` MiB, and an error below it."""
    free = free_bytes(folder)
    if free < min_free_mib * MIB:
        log.error("only %d MiB are free for %s: new jobs are refused", free // MIB, folder)
    elif free < 2 * min_free_mib * MIB:
        log.warning("only %d MiB are free for %s; below %d no new job is taken", free // MIB, folder, min_free_mib)
