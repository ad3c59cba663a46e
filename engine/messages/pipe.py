"""Commands to an engine, and the events that it answers with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engine.messages.spec import BundleInfo, Spec


class Film(StrEnum):
    """The format of a timelapse."""

    MP4 = "mp4"
    WEBP = "webp"


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Begin a run, or go on from a checkpoint.

    A checkpoint belongs to its spec; only ``iterations`` may differ, as :meth:`Spec.continued` makes them. A branch may
    have another spec of the same size: it keeps z and the iteration of the checkpoint, and takes everything else from
    the new spec. Pictures are encoded, and the engine scales them.
    """

    job_id: int
    spec: Spec
    init_image: bytes | None = None
    mask: bytes | None = None  # of the init image's shape: white or transparent is painted
    image_prompts: tuple[bytes, ...] = ()  # pictures to be guided towards
    resume_from: bytes | None = None  # a checkpoint
    branch: bool = False
    painted: bytes | None = None  # the checkpoint's picture with something painted over it (paper appendix C)
    frame_seconds: float = 2.0  # the least time between two pictures; 0 for none
    checkpoint_seconds: float = 10.0  # the least time between two checkpoints; 0 for none
    checkpoint_iterations: int = 0  # iterations between two checkpoints; 0 for none
    checkpoint_end: bool = False  # a checkpoint right before RunFinished, from which the run can be continued
    film: Film | None = None  # a timelapse


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRun:
    """Finish now and keep the picture: the run ends in :class:`RunFinished` with ``stopped``."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """Drop the run. Nothing happens if it has ended."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """Leave after the step under way. Runs are dropped, and their last checkpoints resume them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Say in phrases what a picture shows. The engine answers between two iterations of its runs."""

    request_id: int
    bundle: str  # whose perceptors look
    image: bytes  # encoded


Command: TypeAlias = StartRun | StopRun | CancelRun | Describe | Shutdown


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The models are loaded, and the engine reads commands."""

    device: str
    bundles: tuple[BundleInfo, ...]
    threads: int = 1  # CPU threads of a new job
    cores: int = 1  # CPU threads that a job may have at most
    slots: int = 1  # runs that it steps at once
    others: tuple[str, ...] = ()  # devices that it left to other engines


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first step of the run is next."""

    job_id: int
    seed: int
    width: int
    height: int
    mask: bytes | None = None  # a grey PNG of the spec's size, white where the run paints; None paints everywhere
    read_as: str | None = None  # the prompt with the words that the engine drew; None if it drew none


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The run has made ``iteration`` (1-based) of ``iterations``."""

    job_id: int
    iteration: int
    iterations: int
    loss: float
    seconds: float = 0.0  # this engine's time for the run: runs that share a step share its time
    image: bytes | None = None  # a PNG, if one was due
    unsafe: float | None = None  # the picture's score from 0 to 1; None if the bundle does not check


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed:
    """A checkpoint: ``state`` resumes the run after ``iteration`` on any engine with the same bundle."""

    job_id: int
    iteration: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The run has ended with a picture."""

    job_id: int
    iteration: int
    loss: float
    image: bytes  # a PNG of the spec's size
    seconds: float  # of the engine
    stopped: bool = False  # a StopRun ended it
    plateaued: bool = False  # its loss had stopped falling (Spec.plateau)
    film: bytes | None = None  # the timelapse; None if none was asked for, or if it failed, as the log says
    unsafe: float | None = None  # the picture's score, as in Progress
    film_unsafe: float | None = None  # the highest score of the film's frames


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled:
    """The run was dropped on request."""

    job_id: int


class Failure(StrEnum):
    """Why a run failed. It decides whether trying again can help."""

    BAD_REQUEST = "bad_request"
    OUT_OF_MEMORY = "out_of_memory"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed:
    """The run has ended without a picture. ``detail`` tells the requester what to do."""

    job_id: int
    reason: Failure
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseKind:
    """The most probable phrases of one kind, such as "colour"."""

    name: str
    phrases: tuple[tuple[str, float], ...]  # best first, each with its probability within the kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Hold what a picture shows."""

    sentence: str  # a prompt made of the best phrases
    kinds: tuple[PhraseKind, ...]  # those that say something


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The answer to :class:`Describe`."""

    request_id: int
    description: Description
    seconds: float  # of the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeFailed:
    """The picture was not described. ``detail`` tells the asker what to do."""

    request_id: int
    reason: Failure
    detail: str


Answer: TypeAlias = Described | DescribeFailed
RunEvent: TypeAlias = RunStarted | Progress | Checkpointed | RunFinished | RunCancelled | RunFailed
Event: TypeAlias = Ready | RunEvent | Answer
