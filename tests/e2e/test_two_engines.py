"""A bot with two engines: jobs go to the one that is free, orders to the one that paints, and one may break."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.domain.job import State
from bot.domain.status import Order
from bot.operations import metrics, status
from sandbox.records.clock import PATIENCE_S
from tests.e2e.scripted import ScriptedEngine
from tests.e2e.test_operators import ordered

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def test_each_engine_paints_its_own_and_takes_over_when_the_other_breaks(studio: Studio) -> None:
    await studio.stop()
    first, second = studio.engine, ScriptedEngine()
    first.holding = second.holding = True
    studio.more_engines = [second]
    await studio.start()
    owner = studio.guild.member(studio.sandbox.world.owner)
    for number in range(5):
        await (await studio.ada.slash(studio.channel, "imagine", prompt=f"car {number}")).text()
    await studio.sandbox.until(lambda: len(first.starts) == len(second.starts) == 2)
    text = await ordered(studio, owner, Order.STATUS)
    assert "Engine 1: cpu, 2 of 2 runs" in text and "Engine 2: cpu, 2 of 2 runs" in text and "Waiting: 1" in text
    about = await (await studio.ada.slash(studio.channel, "about")).text()
    assert "on 2 × cpu, on 1 server." in about

    cancelled, kept = (start.job_id for start in second.starts)
    assert await studio.bot.dispatcher.cancel_job(cancelled)
    await studio.sandbox.until(lambda: len(second.starts) == 3)  # the one that waited begins where it is free
    assert len(first.starts) == 2

    await second.crash()
    async with asyncio.timeout(PATIENCE_S):
        while "Waiting: 2" not in (text := await ordered(studio, owner, Order.STATUS)):
            pass
    assert "Engine 1: cpu, 2 of 2 runs" in text and "Engine 2: down or loading" in text
    about = await (await studio.ada.slash(studio.channel, "about")).text()
    assert "on cpu, on 1 server." in about and "1 of my 2 engines is being started." in about
    numbers = metrics.exposition(await status.take(studio.bot)).decode()
    assert 'faraday_engine_up{engine="1"} 1.0' in numbers and 'faraday_engine_up{engine="2"} 0.0' in numbers
    first.holding = False
    await studio.sandbox.until(lambda: len(first.starts) == 4)
    assert kept in [start.job_id for start in first.starts]

    second.broken = second.holding = False
    await studio.final(4)
    states = await studio.bot.queue.counts()
    assert (states[State.DELIVERED], states[State.CANCELLED]) == (4, 1)
    assert (await ordered(studio, owner, Order.STATUS)).count("cpu, 0 of 2 runs") == 2
