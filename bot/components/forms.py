"""The forms behind *Edit* and *Remix*: what they ask, and what a member has filled in.

A submitted form says by its custom_id what it belongs to, so one that was open during a restart still works. The class
here only draws it. :mod:`cogs.sequels` reads every form that comes back.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.components.picture_buttons import LABELS
from bot.domain.job import Job, Kind, Sequel
from bot.errors import BadSetting
from bot.texts import refusals
from bot.words import prompts, values
from bot.words.prompts import Wish

Fields = dict[str, str]
_ID = re.compile(r"faraday:form:(?P<sequel>edit|remix):(?P<job_id>\d{1,18})")
_OF_MESSAGE = re.compile(r"faraday:menu:(?P<kind>edit|imagine):(?P<message_id>\d{1,20})")
_TITLES = {Kind.EDIT: "Edit the picture", Kind.IMAGINE: "Start from the picture"}
OPEN_SECONDS = 900.0  # for which the library remembers it; the answer is read even later
_LONGEST = 4000  # characters of a field, Discord's
WORDS, STRENGTH, PROMPT, SETTINGS = "words", "strength", "prompt", "settings"
_EMPTY: Fields = dict.fromkeys((WORDS, STRENGTH, PROMPT, SETTINGS), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form that came back."""

    sequel: Sequel
    job_id: int
    fields: Mapping[str, str]

    def wish(self) -> Wish:
        """Raises :class:`bot.errors.UserError` for what cannot be read, and for a form left empty."""
        if self.sequel is Sequel.REMIX:
            return prompts.parse(f"{self.fields[PROMPT]} {self.fields[SETTINGS]}")
        return _words(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledOfMessage:
    """Hold the same for the picture of a message, which is to be edited or to start from."""

    kind: Kind
    message_id: int
    fields: Mapping[str, str]

    def wish(self) -> Wish:
        """Raises as :meth:`Filled.wish`."""
        return _words(self.fields)


def _words(fields: Mapping[str, str]) -> Wish:
    wish = prompts.parse(fields[WORDS])
    if (strength := fields[STRENGTH].strip()) and wish.strength is None:
        wish = replace(wish, strength=values.read_setting("strength", strength))
    if wish == Wish(prompt=""):
        raise BadSetting(refusals.NOTHING_SAID)
    return wish


def of_message(kind: Kind, message_id: int) -> discord.ui.Modal:
    """Return a form to edit the picture of a message, or to paint one that starts from it."""
    modal = discord.ui.Modal(title=_TITLES[kind], custom_id=f"faraday:menu:{kind}:{message_id}", timeout=OPEN_SECONDS)
    return _asking(modal, "What should change" if kind is Kind.EDIT else "What to paint")


def form(sequel: Sequel, job: Job) -> discord.ui.Modal:
    """Return a form to edit the picture of ``job``, or to paint it otherwise."""
    modal = discord.ui.Modal(
        title=f"{LABELS[sequel]} #{job.id}", custom_id=f"faraday:form:{sequel}:{job.id}", timeout=OPEN_SECONDS
    )
    if sequel is Sequel.REMIX:
        modal.add_item(_field(PROMPT, "Prompt", job.spec.prompt, long=True))
        modal.add_item(_field(SETTINGS, "Settings", _settings(job), "Take the seed out for another one", must=False))
        return modal
    return _asking(modal, "What should change")


def _asking(modal: discord.ui.Modal, what: str) -> discord.ui.Modal:
    hint = "For example: a blue car, seed 7. The settings of a reply work here too"
    modal.add_item(_field(WORDS, what, "", hint, long=True, must=False))
    modal.add_item(_field(STRENGTH, "Strength", "", "0 keeps the picture, 1 is free of it", must=False))
    return modal


def _settings(job: Job) -> str:
    """Return the settings of its recipe: what stands between the prompt and the provenance."""
    prompt = " ".join(job.spec.prompt.split())
    return (job.recipe or "").removeprefix(prompt).partition(" [weights ")[0].strip()


def _field(
    name: str, label: str, default: str, hint: str = "", *, long: bool = False, must: bool = True
) -> discord.ui.Label[discord.ui.Modal]:
    style = discord.TextStyle.paragraph if long else discord.TextStyle.short
    text = discord.ui.TextInput[discord.ui.Modal](
        custom_id=name, style=style, default=default[:_LONGEST] or None, required=must, max_length=_LONGEST
    )
    return discord.ui.Label(text=label, description=hint or None, component=text)


def filled(interaction: discord.Interaction[Any]) -> Filled | None:
    """Return the form under a picture that an interaction brings; None for any other."""
    if (came := submitted(interaction, _ID)) is None:
        return None
    found, given = came
    return Filled(sequel=Sequel(found["sequel"]), job_id=int(found["job_id"]), fields=_EMPTY | given)


def filled_of_message(interaction: discord.Interaction[Any]) -> FilledOfMessage | None:
    """Return the form of a message's menu that an interaction brings; None for any other."""
    if (came := submitted(interaction, _OF_MESSAGE)) is None:
        return None
    found, given = came
    return FilledOfMessage(kind=Kind(found["kind"]), message_id=int(found["message_id"]), fields=_EMPTY | given)


def submitted(interaction: discord.Interaction[Any], custom_id: re.Pattern[str]) -> tuple[re.Match[str], Fields] | None:
    """Return a form with such a custom_id and its fields; None for any other interaction."""
    given: Any = interaction.data or {}
    if interaction.type is not discord.InteractionType.modal_submit:
        return None
    if (found := custom_id.fullmatch(given.get("custom_id", ""))) is None:
        return None
    return found, dict(_values(given.get("components", [])))


def _values(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for part in components:
        inner = part.get("component")
        yield from _values([inner] if inner else part.get("components", []))
        if "custom_id" in part and isinstance(part.get("value"), str):
            yield part["custom_id"], part["value"]
