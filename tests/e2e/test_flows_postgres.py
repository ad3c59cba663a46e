"""The same bot with its jobs in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.domain.job import State

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


async def test_painting_editing_and_a_restart_in_mid_run_on_postgresql(studio: Studio) -> None:
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    final = await studio.final()
    studio.engine.holding = True
    await studio.bob.say(final.channel, ".edit a blue car", reply_to=final)
    await studio.card("2 of 3 iterations")
    await studio.stop()
    studio.engine.holding = False
    await studio.start()
    edited = await studio.final(2)
    job = await studio.job_of(edited)
    assert job.state is State.DELIVERED and job.parent_id == (await studio.job_of(final)).id
