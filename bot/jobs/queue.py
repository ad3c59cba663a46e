"""Queue jobs. Only this module writes a job's state, and each transition is one SQL statement."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import logging
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.database.connection import Database
from bot.database.tables import job_from_row, jobs
from bot.domain.job import Job, NewJob, State
from bot.errors import NoDatabase, OverQuota
from bot.jobs import quotas
from bot.jobs.fairness import Fairness, fair_order
from bot.jobs.files import Files
from bot.jobs.inputs import Inputs
from bot.jobs.quotas import Quota
from bot.texts import endings
from engine.messages import RunFinished

log = logging.getLogger(__name__)

_MEASURED = 200  # runs to learn the speed from


_QUEUED = jobs.c.state == State.QUEUED


class Queue:
    """The stored jobs, in the fair order of :mod:`bot.jobs.fairness`. One requester's jobs keep their order."""

    def __init__(
        self, database: Database, files: Files, *, max_attempts: int = 3, fairness: Fairness | None = None
    ) -> None:
        self._database = database
        self.files = files
        self._max_attempts = max_attempts
        self._fairness = fairness or Fairness()
        self._delay: Callable[[int], float] | None = None

    def patient(self, delay: Callable[[int], float]) -> Queue:
        """Return a queue that asks again, after ``delay(failures)`` seconds, instead of raising ``NoDatabase``.

        :meth:`submit` and :meth:`submit_grid` still raise.
        """
        queue = copy.copy(self)
        queue._delay = delay
        return queue

    async def submit(
        self, new: NewJob, inputs: Inputs | None = None, checkpoint: bytes | None = None, *, quota: Quota
    ) -> Job:
        """Commit a job with its pictures and the checkpoint that it continues.

        Raises :class:`bot.errors.OverQuota`, and OSError when a file cannot be stored. Then nothing is left.
        """
        inputs = inputs or Inputs()
        inputs.check(new)

        async def insert(connection: AsyncConnection) -> Job:
            await _alone(connection)
            await quotas.check(connection, new, quota)
            row = (await connection.execute(_insert(new))).one()
            await self.files.clear(row.id)
            await inputs.write(self.files, row.id)
            if checkpoint is not None:
                await self.files.write(self.files.checkpoint(row.id), checkpoint)
            return job_from_row(row)

        return await self._database.transact(insert)

    async def submit_grid(self, news: Sequence[NewJob], *, quota: Quota) -> list[Job]:
        """Commit all jobs of a grid, or none. Raises :class:`bot.errors.OverQuota`, which says how many fit."""

        async def insert(connection: AsyncConnection) -> list[Job]:
            await _alone(connection)
            ids: list[int] = []
            for new in news:
                try:
                    await quotas.check(connection, new, quota)
                except OverQuota as over:
                    over.fitting = len(ids)
                    raise
                ids.append((await connection.execute(_insert(new))).one().id)
                await self.files.clear(ids[-1])
            grid = sa.update(jobs).where(jobs.c.id.in_(ids)).values(grid_id=ids[0]).returning(jobs)
            rows = (await connection.execute(grid)).all()
            return sorted((job_from_row(row) for row in rows), key=lambda job: job.id)

        return await self._database.transact(insert)

    # Transitions. Each returns False, or None, when the job was not in a state that allows it.

    async def claim(self) -> Job | None:
        """Make the next job ``running`` and return it, or None. No two claims get the same job."""
        turn = fair_order(self._fairness).subquery()
        chosen = (
            sa.select(jobs.c.id)
            .join(turn, turn.c.id == jobs.c.id)
            .where(jobs.c.state == State.QUEUED, turn.c.held == 0)
            .order_by(turn.c.place)
            .limit(1)
            .with_for_update(of=jobs, skip_locked=True)
        )
        earlier = jobs.alias("earlier")
        number = sa.select(sa.func.coalesce(sa.func.max(earlier.c.claim_number), 0) + 1).scalar_subquery()
        begun = jobs.c.started_at.is_not(None)
        statement = (
            sa.update(jobs)
            .where(jobs.c.id == chosen.scalar_subquery(), jobs.c.state == State.QUEUED)
            .values(
                state=State.RUNNING,
                started_at=sa.func.coalesce(jobs.c.started_at, _now()),
                claim_number=sa.case((begun, jobs.c.claim_number), else_=number),  # going on is not a new turn
            )
            .returning(jobs)
        )
        return await self._one(statement)

    async def stop(self, job_id: int) -> bool:
        """Note that the requester ended a running job early."""
        return await self._change(job_id, {State.RUNNING}, stopped=True)

    async def rendered(self, job_id: int, png: bytes, finished: RunFinished, recipe: str | None = None) -> bool:
        """Store the picture, and go from ``running`` to ``rendered``. Raises OSError."""
        await self.files.write(self.files.final(job_id), png)
        return await self._change(
            job_id,
            {State.RUNNING},
            state=State.RENDERED,
            iteration=finished.iteration,
            loss=finished.loss if math.isfinite(finished.loss) else None,  # an export's JSON has no NaN
            seconds=finished.seconds,
            stopped=finished.stopped,
            unsafe=finished.unsafe,
            film_unsafe=finished.film_unsafe,
            recipe=recipe,
        )

    async def delivered(self, job_id: int, final_message_id: int) -> bool:
        """Go from ``rendered`` to ``delivered``."""
        return await self._end(
            job_id, {State.RENDERED}, State.DELIVERED, final_message_id=final_message_id, announced=True
        )

    async def failed(self, job_id: int, error: str, *, seconds: float | None = None) -> bool:
        """Go to ``failed`` from any state that has not ended. The requester reads ``error``.

        ``seconds`` of the engine were used, here and in :meth:`cancelled`. They count in the fair order.
        """
        used = {} if seconds is None else {"seconds": seconds}
        return await self._end(job_id, {State.QUEUED, State.RUNNING, State.RENDERED}, State.FAILED, error=error, **used)

    async def cancelled(self, job_id: int, *, seconds: float | None = None) -> bool:
        """Go from ``queued`` or ``running`` to ``cancelled``."""
        used = {} if seconds is None else {"seconds": seconds}
        return await self._end(job_id, {State.QUEUED, State.RUNNING}, State.CANCELLED, **used)

    async def requeue(self, job_id: int) -> State | None:
        """Queue the job again after its engine died, or fail it after its last attempt."""
        job = await self._one(self._give_back().where(jobs.c.id == job_id).returning(jobs))
        return job.state if job else None

    async def recover(self) -> None:
        """Do as :meth:`requeue` for every running job, at the start and before any claim."""
        await self._many(self._give_back().returning(jobs))

    async def release(self, keep: Collection[int] = ()) -> None:
        """Queue every running job again, except those to ``keep``. It does not count as an attempt."""
        others = jobs.c.state == State.RUNNING, jobs.c.id.not_in(keep)
        await self._many(sa.update(jobs).where(*others).values(state=State.QUEUED).returning(jobs))

    # What is known about a job besides its state.

    async def place(self, job_id: int, *, thread_id: int, card_message_id: int | None) -> None:
        """Note where the job lives on Discord."""
        await self._change(job_id, set(State), thread_id=thread_id, card_message_id=card_message_id)

    async def sheeted(self, job_id: int, sheet_message_id: int) -> None:
        """Note where the sheet of this job's grid is."""
        await self._change(job_id, set(State), sheet_message_id=sheet_message_id)

    async def described(self, job_id: int, recipe: str) -> None:
        """Note what is posted under the picture."""
        await self._change(job_id, set(State), recipe=recipe)

    async def announced(self, job_id: int) -> None:
        """Note that the requester knows how the job ended."""
        await self._change(job_id, set(State), announced=True)

    async def get(self, job_id: int) -> Job | None:
        return await self._one(sa.select(jobs).where(jobs.c.id == job_id))

    async def by_message(self, message_id: int) -> Job | None:
        """Return the job whose card or final picture that message is."""
        mine = sa.or_(jobs.c.card_message_id == message_id, jobs.c.final_message_id == message_id)
        return await self._one(sa.select(jobs).where(mine).order_by(jobs.c.id.desc()).limit(1))

    async def newest_picture(self, channel_ids: Collection[int]) -> Job | None:
        """Return the newest delivered job of these channels and their threads."""
        here = sa.or_(jobs.c.thread_id.in_(channel_ids), jobs.c.channel_id.in_(channel_ids))
        newest = jobs.c.finished_at.desc(), jobs.c.id.desc()
        kept = jobs.c.state == State.DELIVERED, jobs.c.removed.is_(None)
        statement = sa.select(jobs).where(*kept, here).order_by(*newest).limit(1)
        return await self._one(statement)

    async def waiting(self) -> list[Job]:
        """Return the queued jobs in the order of their turns."""
        turn = fair_order(self._fairness).subquery()
        return await self._many(sa.select(jobs).join(turn, turn.c.id == jobs.c.id).order_by(turn.c.place))

    async def line(self) -> list[tuple[int, float]]:
        """Return the queued jobs in order as (id, expected engine-seconds), which is quicker."""
        turn = fair_order(self._fairness).subquery()
        return [
            (row.id, row.cost) for row in await self._rows(sa.select(turn.c.id, turn.c.cost).order_by(turn.c.place))
        ]

    async def waiting_ids(self, **whose: object) -> list[int]:
        """Return the queued jobs with these values, as ``requester_id=1``."""
        mine = [jobs.c[name] == value for name, value in whose.items()]
        return [row.id for row in await self._rows(sa.select(jobs.c.id).where(jobs.c.state == State.QUEUED, *mine))]

    async def measured(self) -> list[Job]:
        """Return the newest jobs that were painted without a break, oldest first, to learn the speed from."""
        painted = jobs.c.state.in_((State.RENDERED, State.DELIVERED)), jobs.c.attempt == 1, jobs.c.seconds.is_not(None)
        newest = await self._many(sa.select(jobs).where(*painted).order_by(jobs.c.id.desc()).limit(_MEASURED))
        return newest[::-1]

    async def position(self, job_id: int) -> int:
        """Return the job's place in line, from 1, or 0 when it does not wait."""
        turn = fair_order(self._fairness).subquery()
        places = await self._rows(sa.select(turn.c.place).where(turn.c.id == job_id))
        return places[0].place if places else 0

    async def unannounced(self) -> list[Job]:
        """Return the painted, failed and cancelled jobs whose requester does not know it yet, oldest first."""
        through = State.RENDERED, State.FAILED, State.CANCELLED
        open_ = jobs.c.state.in_(through), ~jobs.c.announced
        return await self._many(sa.select(jobs).where(*open_).order_by(jobs.c.id))

    async def waiting_since(self) -> datetime | None:
        """Return when the oldest waiting job was submitted, or None."""
        (row,) = await self._rows(sa.select(sa.func.min(jobs.c.created_at).label("since")).where(_QUEUED))
        since: datetime | None = row.since
        return since

    async def counts(self) -> Mapping[State, int]:
        """Count the jobs in each state."""
        rows = await self._rows(sa.select(jobs.c.state, sa.func.count().label("many")).group_by(jobs.c.state))
        return dict.fromkeys(State, 0) | {row.state: row.many for row in rows}

    def _give_back(self) -> sa.Update:
        last = jobs.c.attempt >= self._max_attempts
        return (
            sa.update(jobs)
            .where(jobs.c.state == State.RUNNING)
            .values(
                state=sa.case((last, _word(State.FAILED)), else_=_word(State.QUEUED)),
                attempt=sa.case((last, jobs.c.attempt), else_=jobs.c.attempt + 1),
                error=sa.case((last, endings.GIVEN_UP.format(attempts=self._max_attempts)), else_=None),
                finished_at=sa.case((last, _now()), else_=None),
            )
        )

    async def _end(self, job_id: int, allowed: Collection[State], state: State, **values: object) -> bool:
        return await self._change(job_id, allowed, state=state, finished_at=datetime.now(UTC), **values)

    async def _change(self, job_id: int, allowed: Collection[State], **values: object) -> bool:
        mine = jobs.c.id == job_id, jobs.c.state.in_(allowed)
        return await self._one(sa.update(jobs).where(*mine).values(**values).returning(jobs)) is not None

    async def _one(self, statement: sa.Executable) -> Job | None:
        found = await self._many(statement)
        assert len(found) <= 1, "more than one job where one was asked for"
        return found[0] if found else None

    async def _many(self, statement: sa.Executable) -> list[Job]:
        return [job_from_row(row) for row in await self._rows(statement)]

    async def _rows(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        failures = 0
        while True:
            try:
                return await self._database.all(statement)
            except NoDatabase as error:
                if self._delay is None:
                    raise
                if not failures:
                    log.error("waiting for the database: %s", error.detail)
                failures += 1
                await asyncio.sleep(self._delay(failures))


def _now() -> sa.BindParameter[datetime]:
    return sa.literal(datetime.now(UTC), jobs.c.created_at.type)


def _word(state: State) -> sa.BindParameter[State]:
    return sa.literal(state, jobs.c.state.type)


def _insert(new: NewJob) -> sa.Executable:
    values: dict[str, Any] = {field.name: getattr(new, field.name) for field in dataclasses.fields(NewJob)}
    values |= {"spec": new.spec.to_json(), "notes": list(new.notes)}
    values["cell"] = dataclasses.asdict(new.cell) if new.cell else None
    values |= {name: list(getattr(new, name)) for name in ("image_prompt_hashes", "input_facts")}
    return sa.insert(jobs).values(**values, state=State.QUEUED, created_at=datetime.now(UTC)).returning(jobs)


async def _alone(connection: AsyncConnection) -> None:
    """Count and insert without another submit between (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0)))
