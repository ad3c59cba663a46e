"""Pictures come, each exactly once, while Discord closes, forgets, fails, dawdles and repeats itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.domain.job import Job, State
from sandbox import Message, NoAnswer
from sandbox.faults.table import FaultStep

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

# Each seed is another plan of faults. `make test` runs the first, `make soak` the others.
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 13))]
PICTURES, FAULTS = 3, 10


@pytest.fixture(autouse=True)
def no_wait_between_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py waits five seconds before it identifies again, which shows nothing here."""

    async def at_once(*_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)


async def asked(studio: Studio, prompt: str) -> None:
    """Ada asks for a picture as often as it takes until the bot takes it: while it is away, nobody answers."""
    async with asyncio.timeout(120):
        while True:
            await studio.sandbox.wait_until_bot_ready(60)
            try:
                answer = await studio.ada.slash(studio.channel, "imagine", prompt=prompt)
                if "(#" in await answer.text(5):
                    return  # else the bot has apologised, and asks to be asked again
            except (NoAnswer, TimeoutError):
                continue


async def jobs(studio: Studio) -> list[Job]:
    found: list[Job] = []
    while (job := await studio.bot.queue.get(len(found) + 1)) is not None:
        found.append(job)
    return found


async def delivered(studio: Studio) -> list[Job]:
    """All jobs, once each is delivered."""
    async with asyncio.timeout(120):
        while True:
            found = await jobs(studio)
            if found and all(job.state is State.DELIVERED for job in found):
                return found
            await asyncio.sleep(0.1)


def names(finals: list[Message]) -> Counter[str]:
    return Counter(file.filename for message in finals for file in message.attachments)


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_picture_comes_exactly_once_whatever_discord_does(studio: Studio, seed: int) -> None:
    await paint(studio, studio.sandbox.faults.schedule(seed, count=FAULTS, gap=(1, 3)))


@pytest.mark.parametrize("seed", SEEDS)
async def test_answers_that_never_arrive_cost_no_picture_and_double_none(studio: Studio, seed: int) -> None:
    """discord.py raises at a connection that breaks, before or after the write; the bot must find out which."""
    names = ("dropped", "truncated")
    await paint(studio, studio.sandbox.faults.schedule(seed, count=FAULTS, names=names, gap=(2, 4)))


async def paint(studio: Studio, plan: tuple[FaultStep, ...]) -> None:
    studio.sandbox.world.acknowledge_within_s = 3.0  # what a lost session never hears is given up soon
    for number in range(PICTURES):
        await asked(studio, f"car {number}")
    finished = await delivered(studio)
    await studio.settled()
    expected = {f"faraday-{job.id}.png": 1 for job in finished}
    assert names(studio.finals()) == expected, plan
    assert len(finished) >= PICTURES
    assert studio.sandbox.faults.ordered, "no fault has hit"
