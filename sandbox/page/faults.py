"""The faults that the page's panel offers."""

from __future__ import annotations

from sandbox.model import Json
from sandbox.server import Sandbox


def state(sandbox: Sandbox) -> Json:
    """What may be ordered, and how many ordered faults still wait."""
    return {"offered": [], "pending": sandbox.faults.pending}
