"""Turn an error in a run into a reason and a text for its requester."""

import logging

import torch

from engine.device import devices
from engine.messages import Failure
from engine.serve.memory import NoRoom

log = logging.getLogger(__name__)

OUT_OF_MEMORY = "The engine ran out of memory. Try a smaller picture."
INTERNAL = "Something went wrong in the engine; its log has the details. Try again."


def meaning(error: Exception) -> tuple[Failure, str]:
    """Return the reason and the text; an error's own words are shown only if the request caused it."""
    if isinstance(error, NoRoom):
        return Failure.OUT_OF_MEMORY, str(error)
    if ran_out(error):
        devices.free_memory()
        return Failure.OUT_OF_MEMORY, OUT_OF_MEMORY
    if isinstance(error, ValueError):
        return Failure.BAD_REQUEST, str(error)
    log.error("an error that the request did not cause", exc_info=error)
    return Failure.INTERNAL, INTERNAL


def ran_out(error: Exception) -> bool:
    """Return whether ``error`` says that a device has no more memory."""
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)
