"""What crosses the pipe between the bot and an engine, and nothing else.

Only the standard library is imported here, because both sides import this module and the bot must never load
torch. Pictures cross as encoded bytes; tensors, database rows and Discord objects never do. Nothing here assumes
a shared disk: a checkpoint travels as bytes.

Commands go to the engine: :class:`StartRun`, :class:`StopRun`, :class:`CancelRun`, :class:`Describe`,
:class:`Shutdown`.
Events come back: one :class:`Ready`; then per run :class:`RunStarted`, any number of :class:`Progress` and
:class:`Checkpointed`, and exactly one of :class:`RunFinished`, :class:`RunCancelled`, :class:`RunFailed`; and per
:class:`Describe` one :class:`Described` or :class:`DescribeFailed`.
"""

from __future__ import annotations

from engine.messages.pipe import (
    Answer,
    CancelRun,
    Checkpointed,
    Command,
    Describe,
    Described,
    DescribeFailed,
    Description,
    Event,
    Failure,
    Film,
    PhraseKind,
    Progress,
    Ready,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    StartRun,
    StopRun,
)
from engine.messages.prompts import (
    Phase,
    Prompt,
    PromptError,
    parse_prompts,
    parse_story,
    split_words,
)
from engine.messages.saved import Saved, is_saved
from engine.messages.spec import (
    SEEDS,
    BundleInfo,
    Precision,
    Preset,
    Spec,
    SpecError,
    Vocabulary,
    check,
    defaults,
    settings,
)

__all__ = [
    "SEEDS",
    "Answer",
    "BundleInfo",
    "CancelRun",
    "Checkpointed",
    "Command",
    "Describe",
    "DescribeFailed",
    "Described",
    "Description",
    "Event",
    "Failure",
    "Film",
    "Phase",
    "PhraseKind",
    "Precision",
    "Preset",
    "Progress",
    "Prompt",
    "PromptError",
    "Ready",
    "RunCancelled",
    "RunEvent",
    "RunFailed",
    "RunFinished",
    "RunStarted",
    "Saved",
    "Shutdown",
    "Spec",
    "SpecError",
    "StartRun",
    "StopRun",
    "Vocabulary",
    "check",
    "defaults",
    "is_saved",
    "parse_prompts",
    "parse_story",
    "settings",
    "split_words",
]
