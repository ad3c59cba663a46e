"""Hand a wish to the one resolution that all doors share, :mod:`engine.messages.resolution`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.config import Limits
from bot.words.prompts import Wish
from engine.messages import BundleInfo
from engine.messages.resolution import Asked, Bounds, Machine, Means
from engine.messages.sizes import InitSize


def asked(wish: Wish, held: Mapping[str, Any] | None = None) -> Asked:
    """Return what ``wish`` asks for, above the settings ``held`` by the member, the channel or the server."""
    own = {"size": wish.size, "iterations": wish.iterations, "seed": wish.seed, "strength": wish.strength}
    return Asked(
        prompt=wish.prompt,
        settings={**{name: value for name, value in own.items() if value is not None}, **wish.more},
        preset=wish.preset,
        held=held or {},
        weights=wish.weights,
    )


def means(
    info: BundleInfo,
    limits: Limits,
    machine: Machine,
    *,
    init: InitSize | None = None,
    image_prompts: int = 0,
    masked: bool = False,
) -> Means:
    """Return what to paint with, within the operator's ``limits``."""
    return Means(
        info=info, machine=machine, bounds=bounds(limits), init=init, image_prompts=image_prompts, masked=masked
    )


def bounds(limits: Limits) -> Bounds:
    """Return the operator's limits as the engine's side reads them."""
    return Bounds(
        max_prompt_chars=limits.max_prompt_chars,
        max_pixels=limits.max_pixels,
        max_iterations=limits.max_iterations,
        max_cutouts=limits.max_cutouts,
    )
