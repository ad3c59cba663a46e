"""The VQGAN-CLIP engine: ``generate`` paints, ``resume`` goes on, ``describe`` says what is there.

They import torch only when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.api import Step, describe, generate, resume

__all__ = ["Step", "describe", "generate", "resume"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from engine import api

        return getattr(api, name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
