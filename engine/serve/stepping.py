"""Step a party of runs, go on if that fails, and say to a requester what an error means."""

import logging
from collections.abc import Callable, Sequence

import torch

from engine.device import devices
from engine.messages import Failure
from engine.run import batch
from engine.serve.memory import NoRoom, StepMemory, smaller
from engine.serve.scheduler import M

log = logging.getLogger(__name__)

OUT_OF_MEMORY = "The engine ran out of memory. Try a smaller picture."
INTERNAL = "Something went wrong in the engine; its log has the details. Try again."


def step(party: Sequence[M], memory: StepMemory, failed: Callable[[M, Exception], None]) -> None:
    """Step the party in one batch. If that fails, step each run alone, so that one run fails no other.

    A single run that runs out of memory is tried again with fewer cutouts at a time. ``failed`` is called with a run
    that cannot be stepped and its error.
    """
    before = [member.run.rng.get_state() for member in party]
    try:
        batch.step([member.run for member in party], party[0].chunk)
    except Exception as error:
        for member, state in zip(party, before, strict=True):
            member.run.rng.set_state(state)
            member.run.z.grad = None
        if ran_out(error):
            devices.free_memory()
            _with_less_memory(party, memory, failed)
        elif len(party) == 1:
            failed(party[0], error)
        else:
            log.warning("a batch of %d runs failed (%s); stepping them one by one", len(party), error)
            for member in party:
                step([member], memory, failed)


def _with_less_memory(party: Sequence[M], memory: StepMemory, failed: Callable[[M, Exception], None]) -> None:
    if len(party) > 1:
        log.warning("a batch of %d runs ran out of memory; stepping them one by one", len(party))
        memory.shrink([member.run.spec for member in party], party[0].run.bundle)
        for member in party:
            step([member], memory, failed)
        return
    (member,), run = party, party[0].run
    chunk = next(smaller(member.chunk or run.cutouts.count), None)
    if chunk is None:
        return failed(member, NoRoom(memory.ran_out(run.spec, run.bundle)))
    log.warning("a run ran out of memory; from now on %d of its cutouts at a time", chunk)
    member.chunk = chunk
    step(party, memory, failed)


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
