"""The settings that /imagine and /edit share: their ranges, descriptions and suggestions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import discord
from discord import app_commands

from bot.attachments import working_size
from bot.prompts import SEEDS, Wish, parse_size

if TYPE_CHECKING:
    from bot.app import FaradayBot

Iterations: TypeAlias = app_commands.Range[int, 1]
Seed: TypeAlias = app_commands.Range[int, 0, SEEDS - 1]
Strength: TypeAlias = app_commands.Range[float, 0.0, 1.0]

DESCRIPTIONS = {
    "size": "Width x height in pixels, for example 128x192",
    "iterations": "How long to paint; more is slower and cleaner",
    "seed": "The same seed repeats the picture, another gives another",
    "bundle": "The models to paint with",
    "strength": "How far to go from the given picture: 0 keeps it, 1 is free of it",
}
_SHAPES = {"square": (1, 1), "landscape": (4, 3), "portrait": (3, 4), "wide": (16, 9), "tall": (9, 16)}
_CHOICES = 25  # that Discord shows

Choices: TypeAlias = list[app_commands.Choice[str]]


def wish(
    prompt: str,
    size: str | None,
    iterations: int | None,
    seed: int | None,
    bundle: str | None,
    strength: float | None,
) -> Wish:
    """Raises :class:`bot.errors.BadSize`."""
    return Wish(
        prompt=prompt,
        size=parse_size(size) if size else None,
        iterations=iterations,
        seed=seed,
        bundle=bundle or None,
        strength=strength,
    )


async def suggest_size(interaction: discord.Interaction[FaradayBot], typed: str) -> Choices:
    """Common shapes, at the working size of the bundle chosen so far and at the largest it paints."""
    bot = interaction.client
    chosen = getattr(interaction.namespace, "bundle", None) or bot.config.engine.default_bundle
    info = bot.dispatcher.bundles.get(chosen)
    if info is None:
        return []
    sizes: dict[str, str] = {}
    most = min(info.max_pixels, bot.config.limits.max_pixels)
    for budget in (min(info.width * info.height, most), most):
        for shape, aspect in _SHAPES.items():
            width, height = working_size(*aspect, pixels=budget, max_pixels=most, f=info.f)
            sizes.setdefault(f"{width}x{height}", shape)
    wanted = typed.strip().lower()
    return [
        app_commands.Choice(name=f"{size} ({shape})", value=size)
        for size, shape in sizes.items()
        if wanted in f"{size} {shape}"
    ][:_CHOICES]


async def suggest_bundle(interaction: discord.Interaction[FaradayBot], typed: str) -> Choices:
    bundles = interaction.client.dispatcher.bundles.values()
    wanted = typed.strip().lower()
    return [
        app_commands.Choice(name=f"{info.name}: {info.title}"[:100], value=info.name)
        for info in bundles
        if wanted in f"{info.name} {info.title}".lower()
    ][:_CHOICES]
