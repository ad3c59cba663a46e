"""What is said of that which follows a finished picture: pure functions, as in :mod:`bot.texts.card`."""

from __future__ import annotations

from bot.domain.job import Job
from bot.texts import card, numbers
from bot.texts.numbers import mebibytes

NO_FILM = (
    "I have no timelapse of that picture: I keep them for some days only, and only of what I painted myself with "
    "timelapses switched on. Rerun paints another picture, with one."
)
CLOSED = "Discord does not let me write to you. Allow direct messages from members of this server, and try again."
POSTING = "One moment, here it comes."
SENT = "It is in your direct messages."


def film(job: Job) -> str:
    return f"🎬 {card.title(job)}, from the first iteration to the last"


def film_posted(url: str) -> str:
    return f"Here it is: {url}"


def invitation(job: Job, user_id: int) -> str:
    """Under a picture that a member wants to edit by a reaction, which can carry no words."""
    return f"<@{user_id}> what should change in {card.title(job)}? Press Edit, or reply “.edit” and say it."


def too_large(what: str, size: int, limit: int) -> str:
    return f"The {what} has {mebibytes(size)}, and Discord takes {mebibytes(limit)} here."


def sent(job: Job, recipe: str, width: int, height: int) -> str:
    """The direct message with a picture, of which the PNG has the whole recipe."""
    return card.with_recipe(f"{card.title(job)}\n-# {numbers.size(width, height)} px · job #{job.id}", recipe)
