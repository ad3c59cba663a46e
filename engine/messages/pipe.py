"""Commands to an engine, and the events that come back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engine.messages.spec import BundleInfo, Spec


class Film(StrEnum):
    """What a timelapse is encoded as."""

    MP4 = "mp4"
    WEBP = "webp"


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Begin a run, or go on from a checkpoint's ``resume_from`` bytes.

    A checkpoint belongs to its spec; only ``iterations`` may be others, as :meth:`Spec.continued` makes them. With
    ``branch`` the spec may be another one of the same size: z and the iteration are the checkpoint's, the words, what
    they pull to, and, under another seed, the random numbers are new. ``painted`` is the checkpoint's picture as
    somebody painted over it; the run goes on from there (001 appendix C).

    ``init_image`` is an encoded picture of any size (the engine scales it to the spec's), ``image_prompts`` are
    such pictures to be guided towards; the spec has their weights. ``mask`` is one of the init image's shape that says
    where to paint: white, or transparent where it has transparency. ``frame_seconds`` and
    ``checkpoint_seconds`` are the least times between two pictures and two checkpoints (0: none);
    ``checkpoint_iterations`` asks for a checkpoint every so many iterations (0: none), ``checkpoint_end`` for one
    right before :class:`RunFinished`, from which the run can be continued. ``film`` asks for a timelapse.
    """

    job_id: int
    spec: Spec
    init_image: bytes | None = None
    mask: bytes | None = None
    image_prompts: tuple[bytes, ...] = ()
    resume_from: bytes | None = None
    branch: bool = False
    painted: bytes | None = None
    frame_seconds: float = 2.0
    checkpoint_seconds: float = 10.0
    checkpoint_iterations: int = 0
    checkpoint_end: bool = False
    film: Film | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRun:
    """Finish now and keep the picture: the run ends in :class:`RunFinished` with ``stopped``."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRun:
    """Drop the run. Idempotent: for a run that is not there, nothing happens."""

    job_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutdown:
    """Leave after the step under way. Runs are dropped; their last checkpoints resume them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Say in phrases what ``image`` shows, an encoded picture, by the perceptors of ``bundle``.

    Answered between two iterations of whatever runs, by one :class:`Described` or :class:`DescribeFailed`.
    """

    request_id: int
    bundle: str
    image: bytes


Command: TypeAlias = StartRun | StopRun | CancelRun | Describe | Shutdown


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The models are loaded and commands are read. ``slots`` is how many runs it steps at once.

    ``threads`` is how many of the CPU's a new job should have by default, ``cores`` how many a job may have.
    An engine that was to choose its device itself names in ``others`` those that it has left to more engines.
    """

    device: str
    bundles: tuple[BundleInfo, ...]
    threads: int = 1
    cores: int = 1
    slots: int = 1
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first step is next. ``mask`` is a grey PNG of the spec's size, white where is painted; None: everywhere.

    ``read_as`` is the prompt with the words that it left open, which the engine drew; None if it left none.
    """

    job_id: int
    seed: int
    width: int
    height: int
    mask: bytes | None = None
    read_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After ``iteration`` (1-based) of ``iterations``; ``image`` is a PNG when one was due.

    ``seconds`` is the time that this engine has spent on it: of a step that runs share each has its part.
    ``unsafe`` says from 0 to 1 how much that picture looks like what not everybody is to see; None where the bundle
    does not check (:attr:`BundleInfo.checks`).
    """

    job_id: int
    iteration: int
    iterations: int
    loss: float
    seconds: float = 0.0
    image: bytes | None = None
    unsafe: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed:
    """``state`` resumes the run after ``iteration`` on any engine with the same bundle."""

    job_id: int
    iteration: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The picture, a PNG of the spec's size. ``seconds`` is engine time; ``stopped`` that a StopRun ended it,
    ``plateaued`` that its loss had stopped falling (:attr:`Spec.plateau`).

    ``film`` is the timelapse that was asked for; None when there is none or, which the log explains, it failed.
    ``unsafe`` is the picture's score as in :class:`Progress`, ``film_unsafe`` the highest of the film's frames.
    """

    job_id: int
    iteration: int
    loss: float
    image: bytes
    seconds: float
    stopped: bool = False
    plateaued: bool = False
    film: bytes | None = None
    unsafe: float | None = None
    film_unsafe: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled:
    """The run was dropped on request."""

    job_id: int


class Failure(StrEnum):
    """Why a run failed; decides whether trying again can help."""

    BAD_REQUEST = "bad_request"
    OUT_OF_MEMORY = "out_of_memory"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFailed:
    """``detail`` is a sentence for the requester that says what to do."""

    job_id: int
    reason: Failure
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseKind:
    """The most probable phrases of one kind, as "colour", best first, each with its probability within the kind."""

    name: str
    phrases: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a picture shows. ``sentence`` is a prompt made of the best phrases; one that says nothing is no kind's."""

    sentence: str
    kinds: tuple[PhraseKind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """``seconds`` is the time that the engine took."""

    request_id: int
    description: Description
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeFailed:
    """``detail`` is a sentence for whoever asked that says what to do."""

    request_id: int
    reason: Failure
    detail: str


Answer: TypeAlias = Described | DescribeFailed
RunEvent: TypeAlias = RunStarted | Progress | Checkpointed | RunFinished | RunCancelled | RunFailed
Event: TypeAlias = Ready | RunEvent | Answer
