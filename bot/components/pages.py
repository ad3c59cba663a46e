"""Answers of several pages, and the pictures in them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import discord

from bot.domain.job import Job
from bot.images import uploads
from bot.jobs.files import Files
from bot.texts import card

QUERY_LIMIT = 50  # characters; with the rest of a custom_id no more than Discord's 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePicture:
    """A picture in an answer."""

    name: str  # an embed refers to it as ``attachment://name``
    content: bytes
    description: str = ""
    covered: bool = False  # as a spoiler, which no embed can be


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of an answer."""

    content: str = ""
    embeds: Sequence[discord.Embed] = ()
    pictures: Sequence[PagePicture] = ()
    number: int = 0  # from 0
    pages: int = 1  # of the whole answer


Render = Callable[[discord.Interaction[Any], int, str], Awaitable[Page]]
"""Makes the wanted page of an answer, or the nearest one that exists; the text is the query."""


def page_of(number: int, total: int, each: int) -> tuple[int, int]:
    """Return the existing page nearest to ``number``, and how many pages ``total`` entries make."""
    pages = max(1, -(-total // each))
    return min(max(number, 0), pages - 1), pages


_SHOWN_SIDE = 512  # pixels


async def painted(files: Files, job: Job, *, covered: bool = False) -> PagePicture | None:
    """Return the finished picture of a job, enlarged for the eye; None if it is not on the disk."""
    png = await files.read(files.final(job.id))
    if png is None:
        return None
    factor = max(1, _SHOWN_SIDE // max(job.spec.width, job.spec.height))
    jpeg = await asyncio.to_thread(uploads.preview, png, factor)
    return PagePicture(name=f"picture-{job.id}.jpg", content=jpeg, description=card.alt_text(job), covered=covered)


async def shipped(name: str, description: str) -> PagePicture | None:
    """Return a picture that ships with the bot, for /help and the built-in styles; None if none has that name."""
    path = Path(str(resources("bot") / "shown" / f"{name}.jpg"))
    content = await asyncio.to_thread(lambda: path.read_bytes() if path.exists() else None)
    return PagePicture(name=f"{name}.jpg", content=content, description=description) if content else None
