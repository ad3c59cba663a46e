"""Those who run the bot: /admin, the command line, presence, health, metrics, and a disk that fills up."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.config import Config
from bot.domain.status import Order
from bot.errors import ConfigError
from bot.jobs import disk
from bot.operations import presence
from bot.operations.control import SOCKET, Control, NotRunning, ask, give
from sandbox import Member, NotOffered, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

ROOT = Path(__file__).parents[2]


@pytest.fixture
def owner(studio: Studio) -> Member:
    """The owner of the application, who also owns the server."""
    return studio.guild.member(studio.sandbox.world.owner)


async def ordered(studio: Studio, member: Member, order: Order) -> str:
    answer = await member.slash(studio.channel, f"admin {order}")
    text = await answer.text()
    assert text == answer.ephemeral_text
    return text


async def test_the_state_names_engines_runs_and_the_line(studio: Studio, owner: Member) -> None:
    studio.engine.holding = True
    for number in range(3):
        await (await studio.ada.slash(studio.channel, "imagine", prompt=f"car {number}")).text()
    await studio.card("2 of 4 iterations")
    await studio.bot.wait_until_ready()
    text = await ordered(studio, owner, Order.STATUS)
    assert "connected, 1 server" in text and "Engine 1: cpu, 2 of 2 runs: #1 at 2 of 4" in text
    assert "Waiting: 1" in text and "0 delivered" in text


async def test_only_those_who_run_the_bot_may_order(studio: Studio) -> None:
    role = studio.guild.create_role("admins", permissions=int(Permissions.ADMINISTRATOR))
    eve = studio.guild.add_member("eve", roles=(role,))
    assert await ordered(studio, eve, Order.DRAIN) == "Only those who run me can do that."
    assert not studio.bot.dispatcher.draining
    with pytest.raises(NotOffered):
        await studio.ada.slash(studio.channel, "admin drain")
    studio.bot.config = changed(studio.config, "operators", owner_ids=(eve.id,))
    assert "Draining" in await ordered(studio, eve, Order.DRAIN)


def changed(config: Config, section: str, **values: Any) -> Config:
    return config.model_copy(update={section: getattr(config, section).model_copy(update=values)})


async def test_drain_ends_what_runs_keeps_what_waits_and_tells_members(studio: Studio, owner: Member) -> None:
    studio.engine.holding = True
    for number in range(3):
        await (await studio.ada.slash(studio.channel, "imagine", prompt=f"car {number}")).text()
    await studio.begun(2)
    assert "2 are still being painted" in await ordered(studio, owner, Order.DRAIN)
    refusal = await studio.bob.slash(studio.channel, "imagine", prompt="a boat")
    assert "I take no new pictures" in await refusal.text()
    studio.engine.holding = False
    await studio.final(2)
    await studio.settled()
    assert len(studio.engine.starts) == 2
    assert "again" in await ordered(studio, owner, Order.RESUME)
    await studio.final(3)


async def test_a_drained_bot_takes_pictures_again_after_a_restart(studio: Studio, owner: Member) -> None:
    await ordered(studio, owner, Order.DRAIN)
    await studio.stop()
    await studio.start()
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()


async def test_a_reload_takes_up_what_can_change_live_and_names_the_rest(
    studio: Studio, owner: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.toml"
    monkeypatch.setattr(studio.bot, "_config_path", path)
    tables = studio.config.model_dump(mode="json", exclude={"discord"})
    tables["limits"]["max_prompt_chars"] = 10
    tables["engine"]["threads"] = 7
    secret = {**studio.config.discord.model_dump(), "token": studio.sandbox.token}
    path.write_text(toml(tables | {"discord": secret}))
    text = await ordered(studio, owner, Order.RELOAD)
    assert text == "In force now: [limits] max_prompt_chars.\nIn force after a restart: [engine] threads."
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a car far too long")
    assert "I read up to 10" in await answer.text()
    path.write_text("[limits]\nmax_prompt_chars = 'many'\n")
    assert "[limits] max_prompt_chars" in await ordered(studio, owner, Order.RELOAD)
    assert studio.bot.config.limits.max_prompt_chars == 10


def toml(tables: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value, default=list)}" for key, value in table.items())]
    return "\n".join(lines)


async def test_commands_are_registered_again_on_order(studio: Studio, owner: Member) -> None:
    def registrations() -> int:
        return sum(request.method == "PUT" and "commands" in request.route for request in studio.sandbox.requests)

    before = registrations()
    assert await ordered(studio, owner, Order.SYNC) == "The commands are registered with Discord."
    assert registrations() == before + 1


async def test_the_command_line_gives_the_same_orders_to_the_running_bot(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[queue]\nfiles = {json.dumps(studio.config.queue.files)}\n")

    async def admin(*arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "admin", *arguments, "--config", str(path),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await process.communicate()
        return process.returncode or 0, told.decode()

    code, text = await admin("status")
    assert code == 0 and "Engine 1: cpu" in text
    studio.engine.holding = True
    await (await studio.ada.slash(studio.channel, "imagine", prompt="a red car")).text()
    await studio.begun(1)
    draining = asyncio.create_task(admin("drain", "--wait"))
    await studio.sandbox.until(lambda: studio.bot.dispatcher.draining)
    assert not draining.done()
    studio.engine.holding = False
    code, text = await draining
    assert code == 0 and "raining" in text.lower() and not studio.bot.dispatcher.lanes[0].runs
    await studio.final()
    await studio.stop()
    code, text = await admin("status")
    assert code == 1 and "No bot answers" in text


async def test_only_the_user_of_the_bot_may_open_its_socket(studio: Studio) -> None:
    path = Path(studio.config.queue.files) / SOCKET
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (await ask(path, Order.STATUS)).well
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.post("http://bot/explode") as response,
    ):
        assert response.status == 404
    await studio.stop()
    assert not path.exists()
    with pytest.raises(NotRunning, match="Is it running"):
        await ask(path, Order.STATUS)


async def test_a_second_bot_on_the_same_files_leaves_the_socket_of_the_first(studio: Studio) -> None:
    path = Path(studio.config.queue.files) / SOCKET
    with pytest.raises(OSError, match="another bot answers"):
        await Control(studio.bot, path).open()
    assert (await ask(path, Order.STATUS)).well


async def test_a_bot_that_breaks_down_while_it_opens_for_operators_leaves_no_socket(studio: Studio) -> None:
    path = studio.bot.files.root / "another.sock"
    control = Control(studio.bot, path)
    opening = asyncio.create_task(control.open())
    await asyncio.sleep(0)
    await control.close()
    await opening
    assert not path.exists()
    await control.open()
    assert not path.exists()


async def test_a_socket_that_a_dead_bot_left_is_taken_over(studio: Studio) -> None:
    await studio.stop()
    path = Path(studio.config.queue.files) / SOCKET
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    await studio.start()
    assert (await ask(path, Order.STATUS)).well


async def test_the_presence_shows_the_line(studio: Studio) -> None:
    def shown() -> str | None:
        told = [event.payload["d"] for event in studio.sandbox.events if event.payload.get("op") == 3]
        return told[-1]["activities"][0]["state"] if told else None

    showing = asyncio.create_task(presence.keep(studio.bot, interval=0.02))
    try:
        await studio.sandbox.until(lambda: shown() == "Ready to paint: /imagine")
        studio.engine.holding = True
        for number in range(3):
            await studio.ada.slash(studio.channel, "imagine", prompt=f"car {number}")
        await studio.sandbox.until(lambda: shown() == "Painting 2, 1 waiting")
        studio.bot.dispatcher.drain()
        await studio.sandbox.until(lambda: shown() == "Back in a few minutes")
    finally:
        showing.cancel()


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def test_metrics_and_health_over_http(studio: Studio) -> None:
    assert studio.bot.web_port is None  # off unless asked for
    await studio.bot.wait_until_ready()
    port = await studio.bot.web.open("127.0.0.1", 0)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    await studio.final()
    status, text = await get(port, "/metrics")
    assert status == 200
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert samples['faraday_jobs{state="delivered"}'] == "1.0" and samples["faraday_guilds"] == "1.0"
    assert samples['faraday_engine_up{engine="1"}'] == "1.0" and float(samples["faraday_disk_free_bytes"]) > 0
    assert float(samples['faraday_jobs_submitted_total{kind="imagine"}']) >= 1
    assert float(samples["faraday_engine_seconds_total"]) >= 1.5
    assert await get(port, "/healthz") == (200, '{"database": true, "discord": true, "engine": true}')
    studio.bot.dispatcher.lanes[0].ready = None
    assert await get(port, "/healthz") == (503, '{"database": true, "discord": true, "engine": false}')


async def test_a_nearly_full_disk_takes_no_new_pictures_and_the_log_warns(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    free = disk.free_bytes(Path(studio.config.queue.files)) // disk.MIB
    studio.bot.config = changed(studio.config, "storage", min_free_mib=free * 2)
    answer = await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    assert "My disk is nearly full" in await answer.text()
    disk.warn_of(Path(studio.config.queue.files), free * 2)
    disk.warn_of(Path(studio.config.queue.files), free * 2 // 3)
    levels = [record.levelno for record in caplog.records if "are free for" in record.getMessage()]
    assert levels[-2:] == [logging.ERROR, logging.WARNING]  # the bot's own sweep may have looked meanwhile


async def test_a_failure_names_the_job_number_that_the_log_has(
    studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    studio.engine.failure = "It broke."
    caplog.set_level(logging.WARNING)
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car")
    notice = await studio.sandbox.until(
        lambda: next((one for one in studio.everywhere() if "It broke" in one.content and one.mentions), None)
    )
    assert "job #1" in notice.content
    assert "job 1: failed" in caplog.text


def test_the_command_line_says_when_the_bot_takes_no_orders() -> None:
    config = Config.model_validate({"operators": {"control": False}})
    with pytest.raises(ConfigError, match="control is off"):
        asyncio.run(give(Order.STATUS, config, wait=False))
