"""Errors that address their reader: a :class:`UserError` is shown to the member as it is.

The docstring of a subclass is its message; an argument replaces it where the names at hand say more.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from engine.messages import PromptError, SpecError


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key, what is wrong, and what to write."""


class UserError(Exception):
    """That did not work. Please try again."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))


class NoDatabase(UserError):
    """I cannot reach my records just now. Your pictures are safe; please try again in a few minutes."""

    def __init__(self, detail: str) -> None:
        super().__init__(" ".join(str(inspect.getdoc(type(self))).split()))
        self.detail = detail  # for those who run the bot: what is wrong, and what to do


class OverQuota(UserError):
    """A limit is reached. Wait for one of your pictures to finish, or cancel one.

    ``which`` of :class:`bot.jobs.quotas.Quota` it is, at how many, and when it frees, if that is known.
    """

    def __init__(self, message: str, *, which: str, most: int, frees: datetime | None = None) -> None:
        super().__init__(message)
        self.which, self.most, self.frees = which, most, frees
        self.fitting = 0  # of several that were asked for at once


class AskedAlready(UserError):
    """That message has asked for a picture already."""


class NotAPicture(UserError):
    """That file is not a picture I can read. Attach a PNG, JPEG, WebP, GIF or AVIF."""


class PictureTooLarge(UserError):
    """That picture is too large. Attach a smaller one."""


class BadSetting(UserError):
    """I cannot paint that picture as you asked for it."""


class CannotPost(UserError):
    """I may not post pictures here. Ask a moderator to allow me to send messages and attach files."""


class UnknownJob(UserError):
    """I found no picture of that number for you. /history lists yours."""


class NothingToEdit(UserError):
    """There is no picture here to edit. Attach one, or reply to one."""


class EngineNotReady(UserError):
    """The engine is still starting. Please try again in a few seconds."""


class NotYours(UserError):
    """You may not do that."""


class NotAllowed(UserError):
    """That is not allowed here."""


class Draining(UserError):
    """I am about to be restarted, so I take no new pictures. Please try again in a few minutes."""


class DiskFull(UserError):
    """My disk is nearly full, so I take no new pictures. Please tell whoever runs this bot."""


class NothingToDescribe(UserError):
    """There is no picture in that message. Use *Apps → Describe picture* on one with a PNG, JPEG, WebP, GIF or AVIF."""


class CannotDescribe(UserError):
    """I could not make out what that picture shows. Please try another one."""


class TooSoon(UserError):
    """That was very soon after the last one. Please wait a few seconds."""


class WeightsFailed(UserError):
    """I could not get those weights."""


@contextmanager
def refusing() -> Iterator[None]:
    """Raise the engine's refusal of a picture as a :class:`BadSetting`, which its reader is shown as it is."""
    try:
        yield
    except (PromptError, SpecError) as error:
        raise BadSetting(str(error)) from None
