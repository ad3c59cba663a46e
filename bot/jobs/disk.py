"""How much room the disk of the files has."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

log = logging.getLogger(__name__)

MIB = 2**20


def free_bytes(folder: Path) -> int:
    """Of the disk that ``folder`` is on, or will be on once it is made."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def nearly_full(folder: Path, min_free_mib: int) -> bool:
    """Whether less than ``min_free_mib`` MiB are free."""
    return free_bytes(folder) < min_free_mib * MIB


def warn_of(folder: Path, min_free_mib: int) -> None:
    """Say in the log when less than twice the room is left that new jobs need."""
    free = free_bytes(folder)
    if free < min_free_mib * MIB:
        log.error("only %d MiB are free for %s: new jobs are refused", free // MIB, folder)
    elif free < 2 * min_free_mib * MIB:
        log.warning("only %d MiB are free for %s; below %d no new job is taken", free // MIB, folder, min_free_mib)
