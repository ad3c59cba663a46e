"""One way from any door (command, reply, reaction) to a job."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from bot import attachments, permissions, quotas, specs, wording_safety
from bot.admission import Admission
from bot.config import Config, Limits
from bot.dispatcher import Dispatcher
from bot.errors import CannotPost, EngineNotReady, NothingToEdit, OverQuota, UnknownBundle
from bot.files import Files
from bot.jobs import Job, Kind, NewJob
from bot.moderation.gate import Asker
from bot.operations.metrics import SUBMITTED
from bot.permissions import Place
from bot.pictures import Painted, Picture, Upload
from bot.prompts import Wish
from bot.publisher import Publisher
from bot.queue import Queue
from bot.settings import SettingsStore, Values
from bot.wishes import Completed, Wishes
from engine.messages import BundleInfo, Spec

log = logging.getLogger(__name__)

_LEAST_COST = 0.01  # engine-seconds; a job for nothing would never lose its turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a member asked for, whichever door it came by.

    ``picture`` is what to start from: a must for an edit, and one of the bot's own for every other kind but an
    /imagine; those take from the job that painted it whatever the wish leaves open. ``source_message_id`` is the
    message to reply to.
    ``roles`` are the ids of the requester's in this server, which quotas may depend on.
    """

    kind: Kind
    place: Place
    requester_id: int
    wish: Wish = field(default_factory=lambda: Wish(prompt=""))
    picture: Picture | None = None
    source_message_id: int | None = None
    notes: tuple[str, ...] = ()
    roles: tuple[int, ...] = ()

    @property
    def asker(self) -> Asker:
        """Who asks and where, for the rules of moderators."""
        channels = (self.place.channel_id, *self.place.within)
        return Asker(user_id=self.requester_id, guild_id=self.place.guild_id, channels=channels, roles=self.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An encoded picture to start from; ``input_hash`` is the SHA-256 of the file that it came from."""

    image: bytes
    source: specs.Source
    input_hash: str
    notes: tuple[str, ...] = ()


class Submitter:
    """Permissions, validation, the picture's bytes, the queue, the thread: in this order, each before the next."""

    def __init__(
        self,
        config: Config,
        queue: Queue,
        files: Files,
        dispatcher: Dispatcher,
        publisher: Publisher,
        admission: Admission,
        settings: SettingsStore,
        wishes: Wishes,
    ) -> None:
        self._config = config
        self._queue = queue
        self._files = files
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._admission = admission
        self._settings = settings
        self._wishes = wishes

    def reconfigure(self, config: Config) -> None:
        """From now on these settings."""
        self._config = config

    async def submit(self, request: Request) -> Job:
        """The job, committed, with its thread and its card.

        Raises :class:`bot.errors.UserError`, and then nothing of it will be painted.
        """
        permissions.check(request.place)
        await self._admission.check(request.asker)
        values = await self._settings.quotas(request.place.guild_id, request.roles)
        limits = quotas.limits(values, self._config)
        request = _with_its_words(_as_upscale(request))
        completed = await self._complete(request, limits)
        request = replace(request, wish=completed.wish, notes=(*request.notes, *completed.notes))
        info = self._bundle(request)
        start = await self._start(request)
        spec, notes = self._spec(request, info, start, limits)
        await self._admission.check_words(f"{spec.prompt} | {spec.replace}", request.asker)
        init_image = None
        if start is not None:
            size = spec.width // spec.upscale, spec.height // spec.upscale  # an upscale refines what it was
            init_image = await asyncio.to_thread(attachments.fit, start.image, *size)
        checkpoint = await self._checkpoint(request)
        new = replace(_new_job(request, spec, start, notes), style_id=completed.style.id if completed.style else None)
        job = await self._queued(new, init_image, checkpoint, values)
        SUBMITTED.labels(job.kind).inc()
        log.info("job %d: %s for member %d", job.id, job.kind, job.requester_id)
        return await self._open(job, request.place)

    async def _complete(self, request: Request, limits: Limits) -> Completed:
        return await self._wishes.complete(
            request.wish,
            request.kind,
            user_id=request.requester_id,
            channel_id=request.place.settings_channel_id,
            guild_id=request.place.guild_id,
            bundles=self._dispatcher.bundles,
            default_bundle=self._config.engine.default_bundle,
            limits=limits,
        )

    async def _checkpoint(self, request: Request) -> bytes | None:
        """Where a continued run goes on. Without it the whole is painted once more, which ends in the same picture."""
        if request.kind is not Kind.CONTINUE or not isinstance(request.picture, Painted):
            return None
        return await self._files.read(self._files.checkpoint(request.picture.job.id))

    async def _queued(self, new: NewJob, init_image: bytes | None, checkpoint: bytes | None, values: Values) -> Job:
        quota = quotas.bounded(values, self._config)
        cost = self._dispatcher.line.speed.cost(new.spec)
        new = replace(
            new,
            cost=max(cost, _LEAST_COST),
            weight=quota.weight,
            large=cost > self._config.fairness.large_seconds,
            max_running=quota.max_running,
            guild_max_running=quota.guild_max_running,
        )
        try:
            return await self._queue.submit(new, init_image, checkpoint, quota=quota)
        except OverQuota as over:
            raise await self._with_time(over, new) from None

    async def _with_time(self, over: OverQuota, new: NewJob) -> OverQuota:
        """The same refusal, saying when the first of those that wait is reckoned to begin."""
        if over.frees is not None:
            return over
        whose: dict[str, dict[str, object]] = {
            "max_queued": {"requester_id": new.requester_id},
            "guild_max_queued": {"guild_id": new.guild_id},
        }
        waiting = await self._queue.waiting_ids(**whose.get(over.which, {}))
        begins = [seconds for job_id in waiting if (seconds := self._dispatcher.starts_in(job_id)) is not None]
        frees = datetime.now(UTC) + timedelta(seconds=min(begins)) if begins else None
        return quotas.refusal(over.which, over.most, frees)

    async def _open(self, job: Job, place: Place) -> Job:
        try:
            return await self._publisher.open(job, place.answering)
        except CannotPost:
            await self._dispatcher.cancel_job(job.id)
            raise
        except Exception:  # the job is safe, and its picture will come to the channel
            log.exception("job %d: its thread could not be opened", job.id)
            return job
        finally:
            self._dispatcher.wake()

    def _bundle(self, request: Request) -> BundleInfo:
        bundles = self._dispatcher.bundles
        if not bundles:
            raise EngineNotReady()
        name = request.wish.bundle
        if name is None:
            name = self._config.engine.default_bundle
            if isinstance(request.picture, Painted):
                painted_with = request.picture.job.spec.bundle
                name = painted_with if painted_with in bundles or request.kind is not Kind.EDIT else name
        if name not in bundles:
            raise UnknownBundle(f"There is no bundle “{name[:40]}” here. There is: {', '.join(sorted(bundles))}.")
        return bundles[name]

    async def _start(self, request: Request) -> Start | None:
        match request.picture:
            case None:
                if request.kind is not Kind.IMAGINE:
                    raise NothingToEdit()
                return None
            case Upload(content=content):
                limits = self._config.limits
                prepared = await asyncio.to_thread(
                    attachments.prepare_image,
                    content,
                    max_bytes=limits.max_upload_bytes,
                    max_pixels=limits.max_input_pixels,
                )
                return Start(
                    image=prepared.png,
                    source=specs.Source(width=prepared.width, height=prepared.height),
                    input_hash=prepared.input_hash,
                    notes=prepared.notes,
                )
            case Painted(job=job):
                return await self._stored(job, repeats=request.kind.repeats)
            case _:
                assert_never(request.picture)

    async def _stored(self, job: Job, *, repeats: bool) -> Start | None:
        """The bot's own picture as the engine made it; or, to repeat it, what that one had started from."""
        if job.removed in wording_safety.WISHED:  # also where its files would not be needed
            raise NothingToEdit(self._lost(job))
        if repeats and job.input_hash is None:
            return None
        path = self._files.init_image(job.id) if repeats else self._files.final(job.id)
        image = await self._files.read(path)
        if image is None:
            raise NothingToEdit(self._lost(job))
        return Start(
            image=image,
            source=specs.Source(width=job.spec.width, height=job.spec.height, painted=True),
            input_hash=job.input_hash if repeats and job.input_hash else hashlib.sha256(image).hexdigest(),
        )

    def _upscaled_upload(
        self, wish: Wish, info: BundleInfo, limits: Limits, machine: specs.Machine, start: Start | None
    ) -> tuple[Spec, tuple[str, ...]]:
        """Of a member's picture, from the size in which it would be edited."""
        plain = replace(wish, more={**wish.more, "upscale": 1})
        source = start.source if start else None
        spec, notes = specs.wished(plain, info, limits, machine, source=source, editing=True)
        larger, _ = specs.upscaled(spec, wish, info, limits, machine)
        return larger, notes

    def _lost(self, job: Job) -> str:
        return wording_safety.gone(job.removed, self._config.storage.pictures_days)

    def _spec(
        self, request: Request, info: BundleInfo, start: Start | None, limits: Limits
    ) -> tuple[Spec, tuple[str, ...]]:
        machine = specs.Machine(threads=self._dispatcher.threads, precision=self._config.engine.precision)
        match request.kind, request.picture:
            case Kind.RERUN, Painted(job=job):
                return specs.rerun(job.spec, info, limits, machine)
            case Kind.REMIX, Painted(job=job):
                return specs.remixed(
                    job.spec, request.wish, info, limits, machine, source=start.source if start else None
                )
            case Kind.CONTINUE, Painted(job=job):
                return specs.continued(job.spec, job.iteration, info, limits)
            case Kind.UPSCALE, Painted(job=job):
                return specs.upscaled(job.spec, request.wish, info, limits, machine)
            case Kind.UPSCALE, Upload():
                return self._upscaled_upload(request.wish, info, limits, machine, start)
            case _:
                source = start.source if start else None
                editing = request.kind is Kind.EDIT
                return specs.wished(request.wish, info, limits, machine, source=source, editing=editing)


def _as_upscale(request: Request) -> Request:
    """Whoever writes “x2” of a picture wants it larger; a recipe of that names the size besides, and is repeated."""
    factor, sized = request.wish.more.get("upscale", 1), request.wish.size is not None
    if request.kind not in (Kind.IMAGINE, Kind.EDIT) or request.picture is None or factor == 1 or sized:
        return request
    return replace(request, kind=Kind.UPSCALE)


def _with_its_words(request: Request) -> Request:
    """An edit that names settings alone keeps the words of its picture; one that names nothing has none."""
    nothing = request.wish == Wish(prompt="")
    if request.wish.prompt or nothing or not isinstance(request.picture, Painted) or request.kind is Kind.IMAGINE:
        return request
    return replace(request, wish=replace(request.wish, prompt=request.picture.job.spec.prompt))


def _new_job(request: Request, spec: Spec, start: Start | None, notes: tuple[str, ...]) -> NewJob:
    parent_id = parent_message_id = parent_channel_id = None
    match request.picture:
        case Painted(job=parent):
            parent_id, parent_message_id = parent.id, parent.final_message_id
            parent_channel_id = parent.thread_id or parent.channel_id
        case Upload() as upload:
            parent_message_id, parent_channel_id = upload.message_id, upload.channel_id
        case None:
            pass
    return NewJob(
        kind=request.kind,
        spec=spec,
        requester_id=request.requester_id,
        guild_id=request.place.guild_id,
        channel_id=request.place.channel_id,
        source_message_id=request.source_message_id,
        parent_id=parent_id,
        parent_message_id=parent_message_id,
        parent_channel_id=parent_channel_id,
        input_hash=start.input_hash if start else None,
        notes=(*request.notes, *(start.notes if start else ()), *notes),
    )
