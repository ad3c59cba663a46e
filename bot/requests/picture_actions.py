"""Does what follows a finished picture, whether a button, a form or a reaction asked for it."""

from dataclasses import dataclass
from typing import Any, assert_never

import discord

from bot.components import permissions
from bot.components.forms import Filled, form
from bot.components.host import Host
from bot.components.picture_buttons import SequelButton
from bot.domain.job import Job, Kind, Sequel, State
from bot.domain.place import Asker, Place
from bot.errors import CannotPost, NothingToEdit, UnknownJob
from bot.gateway.replies import explain
from bot.moderation.gate import Gate
from bot.moderation.screen import Screen
from bot.posts.film import Sending
from bot.posts.publisher import Publisher
from bot.requests.request import Painted, Request
from bot.requests.submit import Submitter
from bot.texts import answers, card, moderation, refusals
from bot.words.prompts import Wish

KINDS = {
    Sequel.RERUN: Kind.RERUN,
    Sequel.UPSCALE: Kind.UPSCALE,
    Sequel.CONTINUE: Kind.CONTINUE,
    Sequel.REMIX: Kind.REMIX,
    Sequel.EDIT: Kind.EDIT,
}
"""What begins a job, and of which kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a sequel, and where."""

    place: Place
    user_id: int
    roles: tuple[int, ...]


class FollowUps:
    """Every door ends in a job, in a message, or in a :class:`bot.errors.UserError` that says why not."""

    def __init__(
        self, bot: Host, submitter: Submitter, publisher: Publisher, screen: Screen, gate: Gate, sending: Sending
    ) -> None:
        self._bot = bot
        self._submitter = submitter
        self._publisher = publisher
        self._screen = screen
        self._gate = gate
        self._sending = sending

    async def pressed(self, interaction: discord.Interaction[Any], sequel: Sequel, job_id: int) -> None:
        """A button. A form is opened at once; for the rest the member alone is told what came of it."""
        try:
            if sequel in (Sequel.EDIT, Sequel.REMIX):
                job = await self._finished(job_id)
                if sequel is Sequel.EDIT and job.removed is not None:
                    raise NothingToEdit(moderation.gone(job.removed, self._bot.config.storage.pictures_days))
                await interaction.response.send_modal(form(sequel, job))
                return
        except Exception as error:
            await interaction.response.send_message(explain(error), ephemeral=True)
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            told = await self._told(sequel, await self._finished(job_id), _asked(interaction))
        except Exception as error:
            told = explain(error)
        await interaction.edit_original_response(content=told)

    async def paint(self, interaction: discord.Interaction[Any], wish: Wish) -> str:
        """Paint a new picture where the interaction was, and return what the member is told."""
        asked = _asked(interaction)
        job = await self._submitter.submit(
            Request(kind=Kind.IMAGINE, place=asked.place, requester_id=asked.user_id, roles=asked.roles, wish=wish)
        )
        return card.acknowledgement(job, await self._bot.queue.position(job.id))

    async def submitted(self, interaction: discord.Interaction[Any], filled: Filled) -> None:
        """A form, which may have been opened before a restart."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            job = await self._finished(filled.job_id)
            told = await self._told(filled.sequel, job, _asked(interaction), filled.wish())
        except Exception as error:
            told = explain(error)
        await interaction.edit_original_response(content=told)

    async def reacted(self, sequel: Sequel, job: Job, asked: Asked) -> Job | None:
        """A reaction; the job that it began, if it began one."""
        match sequel:
            case Sequel.RERUN | Sequel.UPSCALE | Sequel.CONTINUE:
                return await self.begin(sequel, job, asked)
            case Sequel.EDIT:
                await self._invite(job, asked)
            case Sequel.TIMELAPSE:
                await self._film(job, asked)
            case Sequel.SEND:
                await self._send(job, asked)
            case Sequel.REMIX:
                raise ValueError("no reaction asks for a remix")
            case _:
                assert_never(sequel)
        return None

    async def begin(self, sequel: Sequel, job: Job, asked: Asked, wish: Wish | None = None) -> Job:
        """Submit what follows ``job``. Raises as :meth:`bot.requests.submit.Submitter.submit`."""
        return await self._submitter.submit(
            Request(
                kind=KINDS[sequel],
                place=asked.place,
                requester_id=asked.user_id,
                roles=asked.roles,
                wish=wish or Wish(prompt=""),
                picture=Painted(job=job),
                source_message_id=job.final_message_id,
            )
        )

    async def _told(self, sequel: Sequel, job: Job, asked: Asked, wish: Wish | None = None) -> str:
        """Do it, and say so."""
        if sequel is Sequel.TIMELAPSE:
            return answers.film_posted(await self._film(job, asked))
        begun = await self.begin(sequel, job, asked, wish)
        return card.acknowledgement(begun, await self._bot.queue.position(begun.id))

    async def _finished(self, job_id: int) -> Job:
        """Raises :class:`bot.errors.UserError` for a picture of which nothing can be made any more."""
        job = await self._bot.queue.get(job_id)
        if job is None:
            raise UnknownJob()
        if job.removed in moderation.WISHED:
            raise NothingToEdit(moderation.gone(job.removed))
        if job.state is not State.DELIVERED:
            raise NothingToEdit(refusals.UNFINISHED)
        return job

    async def _film(self, job: Job, asked: Asked) -> str:
        await self._allow(job, asked)
        permissions.check(asked.place)
        place = asked.place
        known = place.answering.channel if place.answering else None
        cover = await self._screen.cover_in(place.channel_id, place.guild_id, job.film_unsafe, known)
        return await self._sending.film(job, place, cover)

    async def _send(self, job: Job, asked: Asked) -> None:
        await self._allow(job, asked)
        if self._screen.withholds(job.unsafe, None):
            raise CannotPost(moderation.NOT_BY_DM)
        await self._sending.picture(job, asked.user_id, self._publisher.factor(job))

    async def _allow(self, job: Job, asked: Asked) -> None:
        """What paints nothing is for the same members all the same."""
        if job.removed in moderation.WISHED:
            raise NothingToEdit(moderation.gone(job.removed))
        within = (asked.place.channel_id, *asked.place.within)
        await self._gate.check(
            Asker(user_id=asked.user_id, guild_id=asked.place.guild_id, channels=within, roles=asked.roles)
        )

    async def _invite(self, job: Job, asked: Asked) -> None:
        await self._allow(job, asked)
        view = discord.ui.View(timeout=None)
        view.add_item(SequelButton(Sequel.EDIT, job.id))
        channel = self._bot.get_partial_messageable(asked.place.channel_id, guild_id=asked.place.guild_id)
        picture = channel.get_partial_message(job.final_message_id or 0)
        await picture.reply(answers.invitation(job, asked.user_id), view=view, mention_author=False)


def _asked(interaction: discord.Interaction[Any]) -> Asked:
    place = permissions.of_interaction(interaction)
    return Asked(place=place, user_id=interaction.user.id, roles=permissions.roles_of(interaction.user))
