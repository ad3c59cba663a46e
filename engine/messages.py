"""What crosses the pipe between the bot and an engine, and nothing else.

Only the standard library is imported here, because both sides import this module and the bot must never load
torch. Pictures cross as encoded bytes; tensors, database rows and Discord objects never do. Nothing here assumes
a shared disk: a checkpoint travels as bytes.

Commands go to the engine: :class:`StartRun`, :class:`StopRun`, :class:`CancelRun`, :class:`Shutdown`.
Events come back: one :class:`Ready`; then per run :class:`RunStarted`, any number of :class:`Progress` and
:class:`Checkpointed`, and exactly one of :class:`RunFinished`, :class:`RunCancelled`, :class:`RunFailed`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class PromptError(ValueError):
    """A prompt that cannot be read; the message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One part of a prompt line, ``text:weight:stop`` (engine-facts, "Loss").

    ``weight`` scales the part's distance and pushes away when negative; ``stop`` is a squared spherical distance
    below which the part no longer pulls (−inf: never).
    """

    text: str
    weight: float = 1.0
    stop: float = -math.inf


def parse_prompts(line: str) -> tuple[Prompt, ...]:
    """Read ``text:weight:stop | text …``; weight and stop are optional.

    A colon that no number follows belongs to the text, so "a sign: no entry" needs no escaping. Raises
    :class:`PromptError` when nothing is left to paint or a number is not finite.
    """
    parts = tuple(_parse_part(part) for part in line.split("|") if part.strip())
    if not parts:
        raise PromptError("The prompt is empty. Describe the picture, for example: a red car at night")
    if all(part.weight <= 0 for part in parts):
        raise PromptError("Every part of the prompt has a weight of zero or less. Give at least one a weight above 0.")
    return parts


def _parse_part(part: str) -> Prompt:
    text, numbers = part.strip(), list[float]()
    while len(numbers) < 2:
        head, colon, tail = text.rpartition(":")
        number = _number(tail) if colon else None
        if number is None:
            break
        text, numbers = head.rstrip(), [number, *numbers]
    if not text.strip():
        raise PromptError(f"“{part.strip()}” has a weight but no text. Write text:weight, for example: fog:0.5")
    weight = numbers[0] if numbers else 1.0
    if not math.isfinite(weight) or (len(numbers) == 2 and math.isnan(numbers[1])):
        raise PromptError(f"“{part.strip()}” has a weight or stop that is not a number I can use.")
    return Prompt(text=text, weight=weight, stop=numbers[1] if len(numbers) == 2 else -math.inf)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def split_words(text: str) -> tuple[str, ...]:
    """The words and numbers of ``text`` in order, lower case; a hyphen parts them, an apostrophe does not."""
    return tuple(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))


class Precision(StrEnum):
    """Arithmetic of the frozen models. Losses and z are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The immutable parameters of a job: with the init image's bytes they determine the picture.

    ``width`` and ``height`` are pixels, multiples of the bundle's f. ``seed`` is in [0, 2**32). ``strength`` in
    [0, 1] matters only with an init image: 0 keeps it, 1 is free of it. ``learning_rate`` (relative to the
    codebook's standard deviation) and ``cutouts`` are the bundle's when None. ``threads`` is the number of CPU
    threads, which a repeated seed needs to be the same.
    """

    prompt: str
    bundle: str
    width: int
    height: int
    iterations: int
    seed: int
    strength: float = 0.6
    learning_rate: float | None = None
    cutouts: int | None = None
    precision: Precision = Precision.FP32
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All ``words`` that a bundle knows, as :func:`split_words` gives them, the most usual first; some of them by kind.

    ``kinds`` are pairs, as ("colours", "red, green, blue"), ready to be read by people; there may be none.
    """

    words: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleInfo:
    """What a client needs to know of a bundle to make a good :class:`Spec`.

    ``f`` is the downsampling factor; ``max_tokens`` the perceptors' context less start and end; ``weights_hash``
    the first 12 hex digits of the SHA-256 over the weights; ``vocabulary`` what it knows, None for a bundle that has
    read so much that no list would help; ``examples`` prompts that it paints well. ``iterations_edit`` and
    ``strength`` are its defaults for editing, ``iterations_upscale`` for ⬆️.
    """

    name: str
    title: str
    f: int
    width: int
    height: int
    iterations: int
    iterations_edit: int
    iterations_upscale: int
    strength: float
    max_pixels: int
    max_iterations: int
    max_tokens: int
    weights_hash: str
    vocabulary: Vocabulary | None = None
    examples: tuple[str, ...] = ()

    def snap(self, width: int, height: int) -> tuple[int, int]:
        """Nearest size that the generator can make: both sides multiples of f, at least 2 f."""
        return self._snap_side(width), self._snap_side(height)

    def _snap_side(self, side: int) -> int:
        return max(2 * self.f, (side + self.f // 2) // self.f * self.f)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Begin a run, or go on from a checkpoint's ``resume_from`` bytes.

    ``init_image`` is an encoded picture of any size (the engine scales it to the spec's). ``frame_seconds`` and
    ``checkpoint_seconds`` are the least times between two pictures and two checkpoints (0: none).
    """

    job_id: int
    spec: Spec
    init_image: bytes | None = None
    mask: bytes | None = None
    resume_from: bytes | None = None
    frame_seconds: float = 2.0
    checkpoint_seconds: float = 10.0


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


Command: TypeAlias = StartRun | StopRun | CancelRun | Shutdown


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The models are loaded and commands are read. ``slots`` is how many runs it steps at once."""

    device: str
    bundles: tuple[BundleInfo, ...]
    threads: int = 1
    slots: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first step is next."""

    job_id: int
    seed: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After ``iteration`` (1-based) of ``iterations``; ``image`` is a PNG when one was due."""

    job_id: int
    iteration: int
    iterations: int
    loss: float
    image: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpointed:
    """``state`` resumes the run after ``iteration`` on any engine with the same bundle."""

    job_id: int
    iteration: int
    state: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The picture, a PNG of the spec's size. ``seconds`` is engine time; ``stopped`` that a StopRun ended it."""

    job_id: int
    iteration: int
    loss: float
    image: bytes
    seconds: float
    stopped: bool = False


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


RunEvent: TypeAlias = RunStarted | Progress | Checkpointed | RunFinished | RunCancelled | RunFailed
Event: TypeAlias = Ready | RunEvent
