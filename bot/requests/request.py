"""Say what somebody asks for, by any door: a command, a reply, a button, a menu or the command line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bot.domain.job import Job, Kind
from bot.domain.place import Asker, Place
from bot.words import recipe
from bot.words.prompts import Wish, parse
from engine.messages.resolution import enlarges


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that Faraday did not paint, or does not know to be its own."""

    content: bytes  # the file as it was sent
    message_id: int | None = None  # of the message that has it, if there is one to link
    channel_id: int | None = None
    spoiler: bool = False  # its sender covered it
    notes: tuple[str, ...] = ()  # sentences for the requester, such as which of several pictures this is


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """One of the bot's own pictures, taken as the engine made it and not as it was shown."""

    job: Job
    notes: tuple[str, ...] = ()  # sentences for the requester
    spoiler: bool = False  # it is shown covered where it was found


Picture: TypeAlias = Upload | Painted


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A picture to paint. What the wish leaves open comes from the settings that hold there.

    An edit needs a picture to start from. Every other kind but an /imagine needs one of the bot's own, and takes what
    the wish leaves open from the job that painted it.
    """

    kind: Kind
    asker: Asker
    wish: Wish = field(default_factory=lambda: Wish(prompt=""))
    picture: Picture | None = None  # to start from
    mask: bytes | None = None  # a file as it was sent, like the image prompts
    image_prompts: tuple[bytes, ...] = ()
    source_message_id: int | None = None  # the message to reply to
    asking_message_id: int | None = None  # the typed message that asks, which asks once
    spoiler: bool = False  # the mask or an image prompt was covered
    notes: tuple[str, ...] = ()  # sentences for the requester

    @property
    def place(self) -> Place:
        """Return where it is asked for."""
        return self.asker.place

    def completed(self) -> Request:
        """Return the request with what its picture says: “x2” of one is an upscale, and its words may be left out."""
        request = self
        if self.kind in (Kind.IMAGINE, Kind.EDIT) and enlarges(
            self.wish.asked().settings, has_init=self.picture is not None
        ):
            request = replace(self, kind=Kind.UPSCALE)
        match request.picture:
            case Painted(job=job) if request.kind is not Kind.IMAGINE and self.wish != Wish(prompt=""):
                words = job.spec.prompt
            case Upload(content=content) if request.kind is Kind.UPSCALE:
                return replace(request, wish=_carried(request.wish, content))
            case _:
                return request
        return replace(request, wish=replace(self.wish, prompt=self.wish.prompt or words))


def _carried(wish: Wish, content: bytes) -> Wish:
    """Return ``wish`` with the words of the recipe in a file, if it has no words of its own."""
    line = recipe.read(content)
    if wish.prompt or line is None:
        return wish
    told = parse(line)
    seed = told.seed if wish.seed is None else wish.seed
    return replace(wish, prompt=told.prompt, seed=seed, bundle=wish.bundle or told.bundle)
