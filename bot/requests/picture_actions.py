"""Does what follows a finished picture, whether a button, a form or a reaction asker for it."""

from typing import Any, assert_never

import discord

from bot.components import permissions
from bot.components.forms import Filled, form
from bot.components.host import Host
from bot.components.picture_buttons import SequelButton
from bot.domain.job import Job, Kind, Sequel, State
from bot.domain.moderation import Cover
from bot.domain.place import Asker
from bot.errors import CannotPost, NothingToEdit, UnknownJob
from bot.gateway.replies import explain
from bot.moderation.screen import Screen
from bot.posts.film import Sending
from bot.posts.publisher import Publisher
from bot.requests.admission import Admission
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


class FollowUps:
    """Every door ends in a job, in a message, or in a :class:`bot.errors.UserError` that says why not."""

    def __init__(
        self, bot: Host, submitter: Submitter, publisher: Publisher, screen: Screen, admission: Admission,
        sending: Sending,
    ) -> None:  # fmt: skip
        self._bot = bot
        self._submitter = submitter
        self._publisher = publisher
        self._screen = screen
        self._admission = admission
        self._sending = sending

    async def pressed(self, interaction: discord.Interaction[Any], sequel: Sequel, job_id: int) -> None:
        """Do what a button asks for.

        A form is opened at once; for the rest the member alone is told what came of it.
        """
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
            told = await self._told(sequel, await self._finished(job_id), permissions.asker_of(interaction))
        except Exception as error:
            told = explain(error)
        await interaction.edit_original_response(content=told)

    async def paint(self, interaction: discord.Interaction[Any], wish: Wish) -> str:
        """Paint a new picture where the interaction was, and return what the member is told."""
        asker = permissions.asker_of(interaction)
        job = await self._submitter.submit(Request(kind=Kind.IMAGINE, asker=asker, wish=wish))
        return card.acknowledgement(job, await self._bot.queue.position(job.id))

    async def submitted(self, interaction: discord.Interaction[Any], filled: Filled) -> None:
        """Do what a form asks for, which may have been opened before a restart."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            job = await self._finished(filled.job_id)
            told = await self._told(filled.sequel, job, permissions.asker_of(interaction), filled.wish())
        except Exception as error:
            told = explain(error)
        await interaction.edit_original_response(content=told)

    async def reacted(self, sequel: Sequel, job: Job, asker: Asker) -> Job | None:
        """Do what a reaction asks for, and return the job that it began, if it began one."""
        match sequel:
            case Sequel.RERUN | Sequel.UPSCALE | Sequel.CONTINUE:
                return await self.begin(sequel, job, asker)
            case Sequel.EDIT:
                await self._invite(job, asker)
            case Sequel.TIMELAPSE:
                await self._film(job, asker)
            case Sequel.SEND:
                await self._send(job, asker)
            case Sequel.REMIX:
                raise ValueError("no reaction asks for a remix")
            case _:
                assert_never(sequel)
        return None

    async def begin(self, sequel: Sequel, job: Job, asker: Asker, wish: Wish | None = None) -> Job:
        """Submit what follows ``job``. Raises as :meth:`bot.requests.submit.Submitter.submit`."""
        return await self._submitter.submit(
            Request(
                kind=KINDS[sequel],
                asker=asker,
                wish=wish or Wish(prompt=""),
                picture=Painted(job=job),
                source_message_id=job.final_message_id,
            )
        )

    async def _told(self, sequel: Sequel, job: Job, asker: Asker, wish: Wish | None = None) -> str:
        """Do it, and say so."""
        if sequel is Sequel.TIMELAPSE:
            return answers.film_posted(await self._film(job, asker))
        begun = await self.begin(sequel, job, asker, wish)
        return card.acknowledgement(begun, await self._bot.queue.position(begun.id))

    async def _finished(self, job_id: int) -> Job:
        """Raises :class:`bot.errors.UserError` for a picture of which nothing can be made any more."""
        job = await self._bot.queue.get(job_id)
        if job is None:
            raise UnknownJob()
        self._must_be_there(job)
        if job.state is not State.DELIVERED:
            raise NothingToEdit(refusals.UNFINISHED)
        return job

    async def _film(self, job: Job, asker: Asker) -> str:
        self._must_be_there(job)
        await self._admission.allow_post(asker)
        place = asker.place
        known = place.answering.channel if place.answering else None
        cover = await self._screen.cover_in(place.channel_id, place.guild_id, job.film_unsafe, known)
        if cover is Cover.NONE and await self._screen.cover(job, None) is Cover.SPOILER:
            cover = Cover.SPOILER  # covered where it was painted
        return await self._sending.film(job, place, cover)

    async def _send(self, job: Job, asker: Asker) -> None:
        self._must_be_there(job)
        await self._admission.allow(asker)
        if self._screen.withholds(job.unsafe, None):
            raise CannotPost(moderation.NOT_BY_DM)
        covered = await self._screen.cover(job, None) is Cover.SPOILER
        await self._sending.picture(job, asker.user_id, self._publisher.factor(job), spoiler=covered)

    def _must_be_there(self, job: Job) -> None:
        if job.removed in moderation.WISHED:
            raise NothingToEdit(moderation.gone(job.removed))

    async def _invite(self, job: Job, asker: Asker) -> None:
        self._must_be_there(job)
        await self._admission.allow(asker)
        view = discord.ui.View(timeout=None)
        view.add_item(SequelButton(Sequel.EDIT, job.id))
        channel = self._bot.get_partial_messageable(asker.place.channel_id, guild_id=asker.place.guild_id)
        picture = channel.get_partial_message(job.final_message_id or 0)
        await picture.reply(answers.invitation(job, asker.user_id), view=view, mention_author=False)
