"""What crosses the pipe between the bot and an engine, and nothing else.

Only the standard library is imported here, because both sides import this module and the bot must never load
torch. Pictures cross as encoded bytes; tensors, database rows and Discord objects never do. Nothing here assumes
a shared disk: a checkpoint travels as bytes.

Commands go to the engine: :class:`StartRun`, :class:`StopRun`, :class:`CancelRun`, :class:`Shutdown`.
Events come back: one :class:`Ready`; then per run :class:`RunStarted`, any number of :class:`Progress` and
:class:`Checkpointed`, and exactly one of :class:`RunFinished`, :class:`RunCancelled`, :class:`RunFailed`.
"""

from __future__ import annotations

from engine.messages.pipe import (
    CancelRun,
    Checkpointed,
    Command,
    Event,
    Failure,
    Film,
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
    "BundleInfo",
    "CancelRun",
    "Checkpointed",
    "Command",
    "Event",
    "Failure",
    "Film",
    "Phase",
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
