"""The faults that the page's panel offers."""

from __future__ import annotations

from sandbox.records.model import Json
from sandbox.server import Sandbox
from sandbox.verbs.commands import NotOffered


def state(sandbox: Sandbox) -> Json:
    """What may be ordered, and how many ordered faults still wait."""
    return {"offered": sandbox.faults.table(), "pending": sandbox.faults.pending}


def order(sandbox: Sandbox, name: str, parameters: Json) -> None:
    """Raises NotOffered for what is not in the table."""
    try:
        sandbox.faults.order(name, **parameters)
    except ValueError as refusal:
        raise NotOffered(str(refusal)) from refusal
    sandbox.world.changed()


def clear(sandbox: Sandbox) -> None:
    sandbox.faults.clear()
    sandbox.world.changed()
