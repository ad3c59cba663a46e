"""A job is the durable request for one picture; its run is the execution."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.messages import Spec


class State(StrEnum):
    """Where a job is. Only :class:`bot.jobs.queue.Queue` writes it.

    ::

        queued → running → rendered → delivered
           └────────┴───────────┴──→ failed | cancelled
    """

    QUEUED = "queued"
    RUNNING = "running"
    RENDERED = "rendered"  # the final PNG is safely on disk
    DELIVERED = "delivered"  # the message with the final PNG exists
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Nothing follows this state."""
        return self in (State.DELIVERED, State.FAILED, State.CANCELLED)


class Removed(StrEnum):
    """Why a finished picture is no longer on disk."""

    RULE = "rule"  # its days were over
    DELETED = "deleted"  # its requester wanted it so
    MODERATOR = "moderator"  # a moderator did
    ERASED = "erased"  # its requester wants nothing kept: the record goes too, as soon as the messages are gone


class Kind(StrEnum):
    """What the member asked for."""

    IMAGINE = "imagine"
    EDIT = "edit"
    RERUN = "rerun"
    UPSCALE = "upscale"
    REMIX = "remix"
    CONTINUE = "continue"

    @property
    def repeats(self) -> bool:
        """It starts from what its parent's run started from, not from its parent's picture."""
        return self in (Kind.RERUN, Kind.REMIX, Kind.CONTINUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A job's place in a grid of so many columns: the words that the grid is of, and what this picture is called."""

    title: str
    label: str
    columns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job about to be submitted. Ids are Discord snowflakes, except ``parent_id``, which is a job's.

    ``channel_id`` is where it was asked: a channel, thread or DM. ``source_message_id`` is the member's
    message that asked, if there is one. ``parent_id`` is the job whose picture this one starts from or
    repeats, and ``parent_message_id`` in ``parent_channel_id`` the message with that picture. ``input_hash``
    is the SHA-256, in hex, of the picture that the run starts from, as it came; it is set exactly when there is
    one. ``mask_hash`` and ``image_prompt_hashes`` are the same of the mask and of the pictures that guide it.
    ``notes`` are sentences for the requester. ``cost`` is the engine-seconds it is expected to take,
    ``weight`` the requester's share of the engines; a ``large`` job takes the slow lane. While ``max_running`` jobs
    of its requester or ``guild_max_running`` of its server run, it waits (0: never for that).
    """

    kind: Kind
    spec: Spec
    requester_id: int
    guild_id: int | None
    channel_id: int
    source_message_id: int | None = None
    parent_id: int | None = None
    parent_message_id: int | None = None
    parent_channel_id: int | None = None
    input_hash: str | None = None
    notes: tuple[str, ...] = ()
    cost: float = 1.0
    weight: float = 1.0
    large: bool = False
    max_running: int = 0
    guild_max_running: int = 0
    style_id: int | None = None
    mask_hash: str | None = None
    image_prompt_hashes: tuple[str, ...] = ()
    cell: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(NewJob):
    """A submitted job as last read from the database; times are UTC and aware.

    ``attempt`` counts from 1 the times that the job was, or will be, given to an engine. ``thread_id`` is
    where its messages live (``channel_id`` when it has no thread of its own). ``iteration``, ``loss`` and
    ``seconds`` are the run's; ``recipe`` is what was posted under the picture. ``stopped`` says that the requester
    ended the run early. ``removed`` says that the picture was deleted since, and why. ``unsafe`` is what the check
    said of the picture, 0 to 1, and ``film_unsafe`` the most that it said of any frame; None where none was made.
    ``grid_id`` is the first job of the grid that it belongs to, which also has the ``sheet_message_id``.
    """

    id: int
    state: State
    attempt: int
    created_at: datetime
    thread_id: int | None = None
    card_message_id: int | None = None
    final_message_id: int | None = None
    iteration: int = 0
    loss: float | None = None
    seconds: float | None = None
    stopped: bool = False
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    removed: Removed | None = None
    recipe: str | None = None
    unsafe: float | None = None
    film_unsafe: float | None = None
    grid_id: int | None = None
    sheet_message_id: int | None = None


class Sequel(StrEnum):
    RERUN = "rerun"
    REMIX = "remix"
    EDIT = "edit"
    UPSCALE = "upscale"
    CONTINUE = "continue"
    TIMELAPSE = "timelapse"
    SEND = "send"
