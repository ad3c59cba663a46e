"""The settings that /imagine and /edit share: their ranges, descriptions and suggestions."""

from dataclasses import replace
from typing import TypeAlias

import discord
from discord import app_commands

from bot.components.host import Host
from bot.components.pages import QUERY_LIMIT
from bot.domain.job import Job
from bot.errors import BadSetting
from bot.texts import refusals
from bot.words.prompts import Wish
from engine.messages.sizes import working_size

Iterations: TypeAlias = app_commands.Range[int, 1]
Seed: TypeAlias = app_commands.Range[int, -1, 2**53 - 1]  # -1 draws one; Discord sends no larger number
Strength: TypeAlias = app_commands.Range[float, 0.0, 1.0]
Weight: TypeAlias = app_commands.Range[float, -1000.0, 1000.0]

DESCRIPTIONS = {
    "size": "Width x height in pixels, for example 128x192",
    "iterations": "How long to paint; more is slower and cleaner",
    "seed": "The same seed repeats the picture, another gives another",
    "bundle": "The models to paint with",
    "strength": "How far to go from the given picture: 0 keeps it, 1 is free of it",
    "style": "A style of yours or of this server; none leaves out the usual one",
    "mask": "Where to paint: white, or erased, in a picture of the same shape",
    "image_prompt": "A picture to be guided towards, beside the words",
    "image_prompt_weight": "How much it counts: 1 as the words do, below 0 leads away from it",
}
_SHAPES = {"square": (1, 1), "landscape": (4, 3), "portrait": (3, 4), "wide": (16, 9), "tall": (9, 16)}
_CHOICES = 25  # that Discord shows
CHOICE_LIMIT = 100  # characters of a suggestion's name and value, Discord's
ALL = "all"

Choices: TypeAlias = list[app_commands.Choice[str]]


def replacing(wish: Wish, named: str | None) -> Wish:
    """Return the wish, to be painted only where the named thing is."""
    return replace(wish, more={**wish.more, "replace": " ".join(named.split())}) if named else wish


def weighed(wish: Wish, image_prompt: discord.Attachment | None, weight: float | None) -> Wish:
    """Return the wish with the weight of its image prompt. Raises :class:`bot.errors.BadSetting` for one of nothing."""
    if weight is None:
        return wish
    if image_prompt is None:
        raise BadSetting(refusals.WEIGHT_OF_NOTHING)
    return replace(wish, more={**wish.more, "image_weights": (weight,)})


async def suggest_size(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest common shapes, at the working size of the bundle chosen so far and at the largest it paints."""
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


async def suggest_bundle(interaction: discord.Interaction[Host], typed: str) -> Choices:
    bundles = interaction.client.dispatcher.bundles.values()
    wanted = typed.strip().lower()
    return [
        app_commands.Choice(name=f"{info.name}: {info.title}"[:100], value=info.name)
        for info in bundles
        if wanted in f"{info.name} {info.title}".lower()
    ][:_CHOICES]


async def suggest_style(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the styles that the member can paint with here."""
    known = await interaction.client.styles.all(interaction.user.id, interaction.guild_id)
    wanted = typed.strip().lower()
    return [
        app_commands.Choice(name=f"{style.name}: {style.words}"[:CHOICE_LIMIT], value=style.name)
        for style in known
        if wanted in f"{style.name} {style.words}".lower()
    ][:_CHOICES]


async def suggest_styles(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the last of several styles with commas between."""
    before, comma, last = typed.rpartition(",")
    given = f"{before}{comma} ".lstrip()
    choices = [f"{given}{choice.value}" for choice in await suggest_style(interaction, last)]
    return [app_commands.Choice(name=text, value=text) for text in choices if len(text) <= CHOICE_LIMIT]


async def suggest_prompt(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the member's past prompts, as far as Discord can carry them."""
    past = await interaction.client.archive.prompts(interaction.user.id, typed[:CHOICE_LIMIT], limit=4 * _CHOICES)
    fitting = [prompt for prompt in past if len(prompt) <= CHOICE_LIMIT]
    return [app_commands.Choice(name=prompt, value=prompt) for prompt in fitting[:_CHOICES]]


async def suggest_search(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the same, as far as /history can carry them."""
    return [choice for choice in await suggest_prompt(interaction, typed) if len(choice.value) <= QUERY_LIMIT]


async def suggest_job(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the member's own jobs, by number or prompt."""
    found, _ = await interaction.client.archive.history(
        interaction.user.id, typed[:QUERY_LIMIT], offset=0, limit=_CHOICES
    )
    return [_job_choice(job) for job in found]


async def suggest_open_job(interaction: discord.Interaction[Host], typed: str) -> Choices:
    """Suggest the jobs that wait or run, and all of them at once."""
    found = await interaction.client.archive.unfinished(interaction.user.id)
    wanted = typed.strip().lower().removeprefix("#")
    choices = [_job_choice(job) for job in found if wanted in f"{job.id} {job.spec.prompt}".lower()]
    every = [app_commands.Choice(name="all of mine", value=ALL)] if len(found) > 1 and wanted in ALL else []
    return [*every, *choices][:_CHOICES]


def _job_choice(job: Job) -> app_commands.Choice[str]:
    return app_commands.Choice(name=f"#{job.id} {job.spec.prompt}"[:CHOICE_LIMIT], value=str(job.id))


def job_number(text: str) -> int:
    """Raises :class:`bot.errors.BadSetting` for what is no number of a job."""
    digits = text.strip().removeprefix("#")
    if not digits.isdecimal() or not 0 < int(digits) < 2**63:
        raise BadSetting(refusals.no_job_number(text))
    return int(digits)
