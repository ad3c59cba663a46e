"""PostgreSQL stops while the bot serves, and comes back: nothing dies, and what was asked for is painted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.domain.job import State
from bot.domain.status import Order
from bot.errors import NoDatabase
from bot.operations.control import SOCKET, ask
from tests.postgres import Cluster, create_database

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

AWAY = str(NoDatabase(""))


@pytest.fixture
def database_url(postgres_cluster: Cluster) -> str:
    return create_database(postgres_cluster.address)


async def health(studio: Studio) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{studio.bot.web_port}/healthz"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


@pytest.fixture
async def port(studio: Studio) -> None:
    await studio.bot.wait_until_ready()
    studio.bot.web_port = await studio.bot.web.open("127.0.0.1", 0)


@pytest.mark.usefixtures("port")
async def test_a_database_that_stops_and_comes_back_is_waited_for_and_members_are_told(
    studio: Studio, postgres_cluster: Cluster
) -> None:
    studio.engine.holding = True
    for number in range(3):  # two run, one waits
        await studio.ada.slash(studio.channel, "imagine", prompt=f"car {number}")
    card = await studio.card("2 of 4 iterations")
    await studio.begun(2)

    await asyncio.to_thread(postgres_cluster.stop)
    status, body = await health(studio)
    assert status == 503 and (body["database"], body["discord"], body["engine"]) == (False, True, True)
    assert body["why"].startswith(f"PostgreSQL at {postgres_cluster.home} ")
    assert await (await studio.ada.slash(studio.channel, "imagine", prompt="a boat")).text() == AWAY
    assert (await studio.ada.click(card, label="Cancel")).ephemeral_text == AWAY
    asked = await studio.bob.say(studio.channel, f"{studio.sandbox.bot_user.mention} .imagine a boat")
    await studio.sandbox.until(lambda: any(m.referenced_message is asked for m in studio.channel.messages))
    assert studio.channel.messages[-1].content == AWAY
    socket = Path(studio.config.queue.files) / SOCKET
    assert "The database does NOT answer: PostgreSQL at" in (await ask(socket, Order.STATUS)).text
    blocked = await ask(socket, Order.BLOCK, str(studio.bob.id))
    assert not blocked.well and "cannot be reached" in blocked.text
    studio.engine.holding = False  # two runs end, and nobody can note it
    await studio.settled()
    assert studio.serving is not None and not studio.serving.done() and not studio.finals()

    await asyncio.to_thread(postgres_cluster.start)
    await studio.final(3)
    assert (await health(studio))[0] == 200
    await studio.ada.slash(studio.channel, "imagine", prompt="a boat")
    await studio.final(4)
    counts = await studio.bot.queue.counts()
    assert (counts[State.DELIVERED], sum(counts.values())) == (4, 4)


async def test_a_bot_that_is_stopped_while_the_database_is_away_goes_on_from_there(
    studio: Studio, postgres_cluster: Cluster
) -> None:
    studio.engine.holding = True
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.card("2 of 4 iterations")
    await asyncio.to_thread(postgres_cluster.stop)
    await studio.stop()
    await asyncio.to_thread(postgres_cluster.start)
    studio.engine.holding = False
    await studio.start()
    assert (await studio.job_of(await studio.final())).state is State.DELIVERED
