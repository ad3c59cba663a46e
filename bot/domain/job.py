"""A job is the durable request for one picture; its run is the execution."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.messages import Spec


class State(StrEnum):
    """Name the stages of a job. Only :class:`bot.jobs.queue.Queue` changes them.

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
        """Return whether no other state can follow."""
        return self in (State.DELIVERED, State.FAILED, State.CANCELLED)


class Removed(StrEnum):
    """Why a finished picture is no longer on disk."""

    RULE = "rule"  # its days were over
    DELETED = "deleted"  # its requester wanted it so
    MODERATOR = "moderator"  # a moderator did
    ERASED = "erased"  # its requester wants nothing kept: the record goes too, as soon as the messages are gone


class Kind(StrEnum):
    """Name what the member asked for."""

    IMAGINE = "imagine"
    EDIT = "edit"
    RERUN = "rerun"
    UPSCALE = "upscale"
    REMIX = "remix"
    CONTINUE = "continue"

    @property
    def repeats(self) -> bool:
        """Return whether it starts from the parent's input instead of the parent's picture."""
        return self in (Kind.RERUN, Kind.REMIX, Kind.CONTINUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Place a job in a grid of pictures."""

    title: str  # the prompt of the whole grid
    label: str  # the caption of this picture
    columns: int  # of the grid


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """Describe a job before it is submitted. Hashes are SHA-256 in hex, of the files as the member sent them."""

    kind: Kind
    spec: Spec
    requester_id: int
    guild_id: int | None
    channel_id: int  # the channel, thread or DM of the request
    source_message_id: int | None = None  # the member's message that asked
    parent_id: int | None = None  # the job whose picture this one starts from or repeats
    parent_message_id: int | None = None  # the message with the parent's picture
    parent_channel_id: int | None = None
    input_hash: str | None = None  # of the picture that the run starts from
    notes: tuple[str, ...] = ()  # sentences for the requester
    cost: float = 1.0  # expected engine-seconds
    weight: float = 1.0  # the requester's share of the engines
    large: bool = False  # it takes the slow lane
    max_running: int = 0  # jobs of the requester that may run at once; 0: any number
    guild_max_running: int = 0  # the same for the server
    style_id: int | None = None
    mask_hash: str | None = None
    image_prompt_hashes: tuple[str, ...] = ()
    input_facts: tuple[str, ...] = ()  # for the recipe: what became of the colour profiles of those files
    cell: Cell | None = None
    spoiler: bool = False  # a picture that it is made from was covered, so this one is
    asking_message_id: int | None = None  # the typed message that asked; one message asks for one job


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(NewJob):
    """Hold a submitted job as last read from the database; times are UTC and aware."""

    id: int
    state: State
    attempt: int  # how often the job was given to an engine, counted from 1
    created_at: datetime
    thread_id: int | None = None  # where its messages are; the channel if it has no thread
    card_message_id: int | None = None
    final_message_id: int | None = None
    iteration: int = 0
    loss: float | None = None
    seconds: float | None = None
    stopped: bool = False  # the requester ended the run early
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    removed: Removed | None = None  # why the picture was deleted
    recipe: str | None = None  # as posted under the picture
    unsafe: float | None = None  # score of the safety check, 0 to 1; None if it was not checked
    film_unsafe: float | None = None  # the highest score of any frame
    grid_id: int | None = None  # the first job of its grid
    sheet_message_id: int | None = None  # of the grid, kept in its first job


class Sequel(StrEnum):
    RERUN = "rerun"
    REMIX = "remix"
    EDIT = "edit"
    UPSCALE = "upscale"
    CONTINUE = "continue"
    TIMELAPSE = "timelapse"
    SEND = "send"
