"""Turn a request into a job: one way from any door (command, reply, reaction)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from bot.config import Config
from bot.counters import SUBMITTED
from bot.domain.job import Cell, Job, Kind, NewJob
from bot.domain.setting import Values
from bot.engines.dispatcher import Dispatcher
from bot.errors import AskedAlready, BadSetting, CannotPost, EngineNotReady, OverQuota
from bot.jobs import quotas
from bot.jobs.inputs import Inputs
from bot.jobs.queue import Queue
from bot.jobs.quotas import Quota
from bot.members.defaults import Wishes
from bot.posts.publisher import Publisher
from bot.requests.admission import Admission
from bot.requests.gathering import Gathered, gather
from bot.requests.request import Painted, Request, Upload
from bot.requests.resolving import bundle_of, resolve
from bot.texts import sheets
from engine.messages import MOST_SEED, Spec
from engine.messages.resolution import to_paint

log = logging.getLogger(__name__)
T = TypeVar("T")
Fetch = Callable[[Request], Awaitable[Request]]
"""Return a request with the pictures that it names, once its asker is let in."""

_LEAST_COST = 0.01  # engine-seconds; a member whose jobs cost nothing would always be first


class Submitter:
    """Let the asker in, fetch the pictures, resolve the request, queue the job and open its thread, in this order."""

    def __init__(
        self, config: Config, queue: Queue, dispatcher: Dispatcher, publisher: Publisher, admission: Admission,
        wishes: Wishes,
    ) -> None:  # fmt: skip
        self._config = config
        self._queue = queue
        self._dispatcher = dispatcher
        self._publisher = publisher
        self._admission = admission
        self._wishes = wishes

    def reconfigure(self, config: Config) -> None:
        """Use these settings from now on."""
        self._config = config

    async def submit(self, request: Request, fetch: Fetch | None = None) -> Job:
        """Return the job, committed, with its thread and its card.

        ``fetch`` gets the request's pictures. Nothing is fetched for a member who is not let in. Raises
        :class:`bot.errors.UserError`, and then nothing will be painted.
        """
        values = await self._admission.admit(request.asker)
        if fetch is not None:
            request = await fetch(request)
        new, inputs = await self._order(request, values)
        job = await self._queued(new, inputs, await self._checkpoint(request), values)
        SUBMITTED.labels(job.kind).inc()
        log.info("job %d: %s for member %d", job.id, job.kind, job.requester_id)
        return await self._opened([job], self._publisher.open(job, request.place.answering)) or job

    async def submit_series(self, request: Request, fetch: Fetch, count: int) -> tuple[list[Job], str]:
        """Return ``count`` jobs with a seed each, all in the first one's thread, and why there are fewer.

        Raises as :meth:`submit` if there is none.
        """
        fetched = list[Request]()

        async def fetch_once(request: Request) -> Request:
            fetched.append(await fetch(request))
            return fetched[0]

        jobs = [await self.submit(request, fetch_once)]
        request = fetched[0]
        place = request.place.inside(jobs[0].thread_id)
        for number in range(1, count):
            seed = None if request.wish.seed is None else (request.wish.seed + number) % (MOST_SEED + 1)
            another = replace(request, asker=replace(request.asker, place=place), wish=replace(request.wish, seed=seed))
            try:
                jobs.append(await self.submit(another))
            except OverQuota as over:
                return jobs, str(over)
        return jobs, ""

    async def submit_grid(self, cells: Sequence[tuple[Cell, Request]]) -> list[Job]:
        """Return the jobs of a grid, all committed, with their thread and sheet. Raises as :meth:`submit`."""
        request = cells[0][1]
        if request.place.answering is not None:
            raise CannotPost(sheets.GUESTS)
        values = await self._admission.admit(request.asker)
        quota = quotas.bounded(values, self._config)
        orders = [(cell, (await self._order(request, values))[0]) for cell, request in cells]
        news = [self._costed(replace(new, cell=cell), quota) for cell, new in orders]
        try:
            jobs = await self._queue.submit_grid(news, quota=quota)
        except OverQuota as over:
            error = await self._with_time(over, news[0])
            raise OverQuota(
                sheets.room(over.fitting, len(news), str(error)) if over.fitting else str(error),
                which=over.which, most=over.most, frees=error.frees,
            ) from None  # fmt: skip
        SUBMITTED.labels(request.kind).inc(len(jobs))
        log.info("grid %d: %d pictures for member %d", jobs[0].id, len(jobs), request.asker.user_id)
        return await self._opened(jobs, self._publisher.open_grid(jobs)) or jobs

    async def _order(self, request: Request, values: Values) -> tuple[NewJob, Inputs]:
        """Return what the queue takes. A refusal of plain words that were read as settings says how to paint them."""
        try:
            return await self._resolved(request, values)
        except BadSetting as error:
            if not request.wish.notes:
                raise
            raise BadSetting(f"{error} {to_paint(*request.wish.spoken)}") from None

    async def _resolved(self, request: Request, values: Values) -> tuple[NewJob, Inputs]:
        limits, bundles = quotas.limits(values, self._config), self._dispatcher.bundles
        request = request.completed()
        default = self._config.engine.default_bundle
        completed = await self._wishes.complete(
            request.wish, request.kind, request.place, request.asker.user_id,
            bundles=bundles, default_bundle=default, limits=limits,
        )  # fmt: skip
        request = replace(request, wish=completed.wish, notes=(*request.notes, *completed.notes))
        if not bundles:
            raise EngineNotReady()
        info = bundles[bundle_of(request, bundles, default)]
        gathered = await gather(request, self._config, self._queue.files)
        spec, notes = resolve(request, gathered, info, limits, self._dispatcher.machine, completed.held)
        await self._admission.check_words(f"{spec.prompt} | {spec.replace}", request.asker)
        inputs = await asyncio.to_thread(gathered.fitted, spec)
        style_id = completed.style.id if completed.style else None
        return replace(_new_job(request, spec, gathered, notes), style_id=style_id), inputs

    async def _checkpoint(self, request: Request) -> bytes | None:
        """Return where a continued run goes on. Without it the run starts anew, and ends in the same picture."""
        if request.kind is not Kind.CONTINUE or not isinstance(request.picture, Painted):
            return None
        files = self._queue.files
        return await files.read(files.checkpoint(request.picture.job.id))

    async def _queued(self, new: NewJob, inputs: Inputs, checkpoint: bytes | None, values: Values) -> Job:
        quota = quotas.bounded(values, self._config)
        try:
            return await self._queue.submit(self._costed(new, quota), inputs, checkpoint, quota=quota)
        except OverQuota as over:
            raise await self._with_time(over, new) from None
        except IntegrityError:
            if new.asking_message_id is None:
                raise
            raise AskedAlready() from None

    def _costed(self, new: NewJob, quota: Quota) -> NewJob:
        cost = self._dispatcher.line.speed.cost(new.spec)
        return replace(
            new,
            cost=max(cost, _LEAST_COST),
            weight=quota.weight,
            large=cost > self._config.fairness.large_seconds,
            max_running=quota.max_running,
            guild_max_running=quota.guild_max_running,
        )

    async def _with_time(self, over: OverQuota, new: NewJob) -> OverQuota:
        """Return the refusal with the time when the first waiting job will probably begin."""
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

    async def _opened(self, jobs: list[Job], opening: Awaitable[T]) -> T | None:
        """Return what ``opening`` their thread returns, or None if it fails: the jobs are safe.

        Raises :class:`CannotPost`, and then the jobs are cancelled.
        """
        try:
            return await opening
        except CannotPost:
            for job in jobs:
                await self._dispatcher.cancel_job(job.id)
            raise
        except Exception:
            log.exception("job %d: its thread could not be opened, so its picture comes to the channel", jobs[0].id)
            return None
        finally:
            self._dispatcher.wake()


def _new_job(request: Request, spec: Spec, gathered: Gathered, notes: tuple[str, ...]) -> NewJob:
    parent_id = parent_message_id = parent_channel_id = None
    init, spoiler = gathered.init, request.spoiler
    match request.picture:
        case Painted(job=parent):
            spoiler |= parent.spoiler or request.picture.spoiler
            parent_id, parent_message_id = parent.id, parent.final_message_id
            parent_channel_id = parent.thread_id or parent.channel_id
        case Upload() as upload:
            spoiler |= upload.spoiler
            parent_message_id, parent_channel_id = upload.message_id, upload.channel_id
        case None:
            pass
    return NewJob(
        kind=request.kind,
        spec=spec,
        requester_id=request.asker.user_id,
        guild_id=request.place.guild_id,
        channel_id=request.place.channel_id,
        source_message_id=request.source_message_id,
        asking_message_id=request.asking_message_id,
        spoiler=spoiler,
        parent_id=parent_id,
        parent_message_id=parent_message_id,
        parent_channel_id=parent_channel_id,
        input_hash=init.input_hash if init else None,
        mask_hash=gathered.mask_hash,
        image_prompt_hashes=gathered.image_prompt_hashes,
        input_facts=gathered.facts,
        notes=(
            *request.notes,
            *(request.picture.notes if request.picture else ()),
            *(init.notes if init else ()),
            *notes,
        ),
    )
