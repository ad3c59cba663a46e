"""Questions about pictures over a real pipe: answered beside the runs, and never left open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bot.domain.job import NewJob, State
from bot.engines import describing
from bot.engines.describing import Describing
from bot.errors import CannotDescribe, EngineNotReady, TooSoon
from bot.jobs.files import Files
from bot.jobs.queue import Queue
from bot.requests.describe import OFTEN, WITHIN, Pace
from bot.texts import endings
from engine.messages import DescribeFailed, Failure
from tests.bot.studio import Channel, Studio, eventually

MakeJob = Callable[..., NewJob]


@pytest.fixture
def studio(queue: Queue, files: Files) -> Studio:
    return Studio(queue, files, Channel())


async def test_pictures_are_described_while_a_run_goes_on_each_to_whoever_asked(
    studio: Studio, new_job: MakeJob
) -> None:
    async with studio.open():
        job_id = await studio.ask(new_job(), "an endless sea")
        await studio.channel.until(lambda: job_id in studio.channel.frames)
        ask = studio.dispatcher.describing.ask
        async with asyncio.timeout(20):
            told = await asyncio.gather(*(ask(bytes(size), "starter") for size in (3, 1, 2)))
            with pytest.raises(CannotDescribe, match=r"^It is blank\.$"):
                await ask(b"blank", "starter")
        assert [one.sentence for one in told] == [f"a picture of {size} bytes" for size in (3, 1, 2)]
        assert (await studio.job(job_id)).state is State.RUNNING


async def test_an_engine_that_dies_leaves_no_question_open_and_answers_the_next(studio: Studio) -> None:
    async with studio.open():
        asking = studio.dispatcher.describing
        with pytest.raises(EngineNotReady):
            await asking.ask(b"early", "starter")
        await eventually(studio.all_ready)
        async with asyncio.timeout(20):
            lost = await asyncio.gather(
                *(asking.ask(image, "starter") for image in (b"silence", b"poison")), return_exceptions=True
            )
        assert [str(error) for error in lost] == [endings.ENGINE_STOPPED_LOOKING] * 2
        assert all(isinstance(error, CannotDescribe) for error in lost)
        await eventually(studio.all_ready)
        assert (await asking.ask(b"again", "starter")).sentence == "a picture of 5 bytes"


async def test_questions_are_bounded_in_time_and_number_and_late_answers_are_dropped(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio.open():
        await eventually(studio.all_ready)
        hasty = Describing(studio.dispatcher.lanes, patience=0.05)
        with pytest.raises(CannotDescribe, match="too busy"):
            await hasty.ask(b"silence", "starter")
        hasty.settle(DescribeFailed(request_id=1, reason=Failure.INTERNAL, detail="late"))
        monkeypatch.setattr(describing, "MOST", 0)
        with pytest.raises(CannotDescribe, match="too busy"):
            await hasty.ask(b"one", "starter")


def test_a_member_may_ask_so_often_and_then_again_after_a_while() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    for _ in range(OFTEN):
        pace.check(1)
        now += 1
    with pytest.raises(TooSoon, match="5 pictures in 30 seconds"):
        pace.check(1)
    pace.check(2)
    now = WITHIN + 0.5
    pace.check(1)
    with pytest.raises(TooSoon):
        pace.check(1)
    now = 10 * WITHIN
    pace.check(3)
    assert set(pace._asked) == {3}
