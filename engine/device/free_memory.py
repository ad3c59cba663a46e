"""Find how much memory is free for runs: the GPU's, or the machine's within the limits of its container."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

SPARE = 0.1  # the part of the free memory that an engine leaves alone
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def for_runs(device: torch.device) -> int:
    """Return the bytes that runs may take, without those of models that are loaded already."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # torch's own, not in use
    else:
        free = min(psutil.virtual_memory().available, *cgroup_rooms(), 2**63)
    return int((1 - SPARE) * free)


def cgroup_rooms(own: Path = OWN_CGROUP, root: Path = CGROUPS) -> Iterator[int]:
    """Yield the free bytes of each control group of this process, of version 1 or 2; nothing on other systems.

    Cached files that could be dropped count as free.
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _rooms(root, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            yield from _rooms(root / "memory", path, *names)


def _rooms(root: Path, path: str, limit: str, usage: str, droppable: str) -> Iterator[int]:
    """Yield the free bytes of the group at ``path`` and of all above it; a container may not see some of them."""
    own = root / path.strip("/")
    for group in (own, *own.parents):
        try:
            most, used = int((group / limit).read_text()), int((group / usage).read_text())
            counts = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # no such group, or one without a limit
            pass
        else:
            yield max(0, most - used + int(counts.get(droppable, 0)))
        if group == root:
            return
