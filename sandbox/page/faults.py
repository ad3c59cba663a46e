"""The faults that the page's panel offers."""

from sandbox.records.model import Json
from sandbox.server import Sandbox
from sandbox.verbs.commands import NotOffered


def state(sandbox: Sandbox) -> Json:
    """Return the faults that can be ordered, and how many ordered faults have not hit yet."""
    return {"offered": sandbox.faults.table(), "pending": sandbox.faults.pending}


def order(sandbox: Sandbox, name: str, parameters: Json) -> None:
    """Order a fault, or raise `NotOffered` if the table has no such fault."""
    try:
        sandbox.faults.order(name, **parameters)
    except ValueError as refusal:
        raise NotOffered(str(refusal)) from refusal
    sandbox.world.changed()


def clear(sandbox: Sandbox) -> None:
    sandbox.faults.clear()
    sandbox.world.changed()
