"""Whoever tells members what becomes of their jobs; the dispatcher calls it and knows nothing of Discord."""

from typing import Protocol

from bot.domain.job import Job
from engine.messages import Progress, RunStarted


class DeliveryImpossible(Exception):
    """Trying again cannot help, as when the channel is gone; the message is a sentence for the log and the job."""


class Observer(Protocol):
    """Every call about one job comes after the one before it returned, except that ``progressed`` may overtake
    nothing: it is left out until ``started`` returned and after the job has ended.

    ``queued`` and ``progressed`` must return quickly, dropping what is superseded. An error from ``queued``,
    ``started`` or ``progressed`` is logged; ``deliver``, ``failed`` and ``cancelled`` are tried again with back-off,
    also after a restart, until they return or raise :class:`DeliveryImpossible`. The job's ``card_message_id`` may
    be None still, when the engine was faster than the message.
    """

    async def queued(self, job: Job, position: int) -> None:
        """Hear that the job waits at this place, 1 for next; called again when the place changes."""
        ...

    async def started(self, job: Job, event: RunStarted) -> None:
        """Hear that an engine has begun, or after a crash begun again."""
        ...

    async def progressed(self, job: Job, event: Progress) -> None: ...

    async def deliver(self, job: Job, png: bytes, region: bytes | None = None) -> int:
        """Post the final picture and return its message id; ``region`` is the mask of what words had named in it.

        It is called again when the process died before the delivery was noted, and must then find the message it
        posted instead of posting another.
        """
        ...

    async def failed(self, job: Job, detail: str) -> None:
        """Hear that the job failed. ``detail`` is a sentence for the requester. May be called twice around a crash."""
        ...

    async def cancelled(self, job: Job) -> None:
        """Hear that the job was cancelled. It may be called twice around a crash."""
        ...
