"""The message with a finished picture, or in place of one that is withheld, for each way that it may go."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import discord

from bot.components.card_buttons import under_picture
from bot.domain.job import Job
from bot.domain.moderation import Cover
from bot.images.region import Region
from bot.posts.renditions import Rendition
from bot.texts import card, moderation

SPOILER = "SPOILER_"  # Discord covers files whose name begins so


class Way(Enum):
    """Name how a picture reaches its requester."""

    ROOM = auto()  # where it was asked, or in the thread made there
    ANSWER = auto()  # the same, as the answer to an interaction, where nothing else is allowed
    DIRECT = auto()  # by direct message, since the other ways are closed


Covers: TypeAlias = Mapping[Way, Cover]
Draft: TypeAlias = Callable[[Way], dict[str, Any]]
"""What is sent; made anew for each attempt, which closes its file."""

_HINTS = {Way.ROOM: card.HINT, Way.ANSWER: card.HINT_TO_GUESTS, Way.DIRECT: card.HINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A finished picture as it is to be shown: ``png``, ``factor`` times as large, with its recipe."""

    png: bytes
    recipe: str
    factor: int
    covers: Covers
    region: Region | None = None


def withheld(job: Job, line: str) -> Draft:
    """Return the recipe ``line`` and why there is no picture."""

    def draft(way: Way) -> dict[str, Any]:
        return _told(job, moderation.withheld(job, line, _why(job, way)))

    return draft


def picture(job: Job, final: Final, shown: Rendition) -> Draft:
    """Return the picture and, if words had named where to paint, the mask of that; but where it is withheld."""
    instead, region = withheld(job, final.recipe), final.region
    found = card.found(job, region.share) if region else ""

    def draft(way: Way) -> dict[str, Any]:
        if final.covers[way] is Cover.WITHHELD:
            return instead(way)
        notes = found, shown.note, _why(job, way)
        text = card.final(job, final.recipe, shown.width, shown.height, notes, _HINTS[way])
        files = [(file_name(job, shown.extension), shown.content, card.alt_text(job))]
        if region:
            files.append((f"region-{job.id}.png", region.png, card.region_alt(job)))
        covered = final.covers[way] is Cover.SPOILER
        return {
            **_told(job, text),
            "files": [
                discord.File(io.BytesIO(content), name, description=described, spoiler=covered)
                for name, content, described in files
            ],
        }

    return draft


def is_final(message: discord.Message, job: Job) -> bool:
    """Return whether a message is a job's last, by the file's name or by the mark of a picture that was withheld."""
    names = [file.filename.removeprefix(SPOILER) for file in message.attachments]
    return (
        any(name.startswith(file_name(job, "")) for name in names)
        or moderation.withheld_mark(job) in message.content.splitlines()
    )


def file_name(job: Job, extension: str = "png") -> str:
    """Return the name by which a picture is found again."""
    return f"faraday-{job.id}.{extension}"


def film_name(job: Job) -> str:
    """Return the name of its timelapse's file."""
    return f"timelapse-{job.id}.mp4"


def only(user_id: int) -> discord.AllowedMentions:
    """Return mentions of one member. Nobody else is notified, whatever the text says."""
    return discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(user_id)], replied_user=False)


def _why(job: Job, way: Way) -> str:
    return card.elsewhere(job) if way is Way.DIRECT else ""


def _told(job: Job, text: str) -> dict[str, Any]:
    return {
        "content": text,
        "allowed_mentions": only(job.requester_id),
        "suppress_embeds": True,
        "view": under_picture(job.id),
    }
