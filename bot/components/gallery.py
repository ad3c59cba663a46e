"""Pictures from the disk, made small enough to stand in an answer."""

from __future__ import annotations

import asyncio
from importlib.resources import files as resources
from pathlib import Path

from bot.components.pager import Picture
from bot.domain.job import Job
from bot.images import uploads
from bot.jobs.files import Files
from bot.texts import card

_SHOWN_SIDE = 512  # pixels


async def painted(files: Files, job: Job) -> Picture | None:
    """The finished picture of a job, enlarged for the eye; None when it is not on the disk."""
    png = await files.read(files.final(job.id))
    if png is None:
        return None
    factor = max(1, _SHOWN_SIDE // max(job.spec.width, job.spec.height))
    jpeg = await asyncio.to_thread(uploads.preview, png, factor)
    return Picture(name=f"picture-{job.id}.jpg", content=jpeg, description=card.alt_text(job))


async def shipped(name: str, description: str) -> Picture | None:
    """A picture that comes with the bot, for /help and the built-in styles; None when there is none of that name."""
    path = Path(str(resources("bot") / "shown" / f"{name}.jpg"))
    content = await asyncio.to_thread(lambda: path.read_bytes() if path.exists() else None)
    return Picture(name=f"{name}.jpg", content=content, description=description) if content else None
