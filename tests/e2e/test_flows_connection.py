"""The way in and the way out: an unreachable Discord, a refused token, a first connect that fails, SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

import bot.app
import bot.serve
from bot.app import FaradayBot
from sandbox import Guild

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def test_a_first_gateway_connection_that_fails_is_tried_again(studio: Studio) -> None:
    await studio.stop()
    studio.sandbox.faults.next("GET", "/gateway", disconnect=True)
    await studio.start()
    assert studio.sandbox.faults.pending == 0
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()


@pytest.mark.parametrize("fault", [{"status": 503}, {"disconnect": True}], ids=["error", "disconnect"])
async def test_an_unreachable_discord_is_tried_again(studio: Studio, fault: dict[str, bool]) -> None:
    await studio.stop()
    studio.sandbox.faults.next("GET", "/users/@me", **fault)
    await studio.start()
    assert studio.sandbox.faults.pending == 0


async def test_an_event_that_cannot_be_read_costs_the_connection_and_not_the_bot(studio: Studio) -> None:
    sessions = studio.bot.sessions
    studio.sandbox.world.emit("MESSAGE_REACTION_ADD", lambda _: {"emoji": None}, channel=studio.channel)
    async with asyncio.timeout(60):
        while studio.bot.sessions == sessions or not studio.bot.is_ready():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()
    events = studio.sandbox.events
    events[:] = [event for event in events if event.payload.get("d") != {"emoji": None}]  # which fits no schema


async def test_two_shards_serve_the_servers_of_both(studio: Studio) -> None:
    await studio.stop()
    studio.sandbox.world.shards = 2
    guilds: dict[int, Guild] = {}
    while len(guilds) < 2:  # a shard is told by the millisecond in which its server was made
        guild = studio.sandbox.create_guild("Studio")
        guilds[(guild.id >> 22) % 2] = guild
        await asyncio.sleep(0.001)
    await studio.start()
    async with asyncio.timeout(60):
        while len(studio.bot.guilds) < len(studio.sandbox.world.guilds):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert sorted(studio.bot.shards) == [0, 1]
    for guild in (guilds[0], guilds[1]):
        channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
        await ada.slash(channel, "imagine", prompt="a red car")
        await ada.react(await studio.final(1, channel), "🔁")
        await studio.final(2, channel)


async def test_commands_that_could_not_be_registered_are_tried_again(studio: Studio) -> None:
    await studio.stop()
    studio.sandbox.faults.next("PUT", "/applications/*/commands", status=503)
    before = len(studio.sandbox.requests)
    await studio.start()
    await studio.sandbox.until(
        lambda: [one.status for one in studio.sandbox.requests[before:] if one.method == "PUT"] == [503, 200]
    )


async def test_a_refused_token_ends_with_code_one_and_advice(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await studio.stop()
    wrong = studio.config.discord.model_copy(update={"token": SecretStr("wrong")})
    studio.config = studio.config.model_copy(update={"discord": wrong})
    monkeypatch.setattr(bot.app, "engine_process", lambda config, *more: studio.engine)
    assert await bot.serve.run(studio.config) == 1
    assert "developer portal" in caplog.text


async def test_a_refused_intent_ends_with_code_one_and_advice(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await studio.stop()
    asking = studio.config.discord.model_copy(update={"message_content": True})
    studio.config = studio.config.model_copy(update={"discord": asking})
    monkeypatch.setattr(bot.app, "engine_process", lambda config, *more: studio.engine)
    assert await bot.serve.run(studio.config) == 1
    assert "message_content = false" in caplog.text


async def test_sigterm_ends_with_code_zero(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    await studio.stop()

    class Obedient(FaradayBot):
        async def on_connect(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(bot.app, "engine_process", lambda config, *more: studio.engine)
    monkeypatch.setattr(bot.serve, "FaradayBot", Obedient)
    assert await bot.serve.run(studio.config) == 0


async def test_a_dispatcher_that_breaks_down_ends_the_bot(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await studio.stop()

    class Broken(FaradayBot):
        async def setup_hook(self) -> None:
            async def run() -> None:
                raise RuntimeError("the database is gone")

            self.dispatcher.run = run  # type: ignore[method-assign]
            await super().setup_hook()

    monkeypatch.setattr(bot.app, "engine_process", lambda config, *more: studio.engine)
    monkeypatch.setattr(bot.serve, "FaradayBot", Broken)
    assert await bot.serve.run(studio.config) == 1
    assert "the dispatcher broke down" in caplog.text
