"""Nothing is lost when a process is killed: the bot, its engine and the sandbox are real, as is ``kill -9``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from sandbox import Channel, Member, Message, Sandbox
from sandbox.people.handles import guild_of
from tests.traffic import require_fitting

ROOT = Path(__file__).parents[2]
# Each seed is another moment of the kill. `make test` runs the first, `make soak` the others.
MOMENTS = [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 8))]
CONFIG = """
[discord]
token = "{token}"
connect_to = "{address}"
ca_file = "{ca_file}"

[engine]
weights_dir = "{weights}"
threads = 1
frame_seconds = 0.5
checkpoint_seconds = 0.3

[queue]
database = "sqlite+aiosqlite:///{home}/faraday.db"
files = "{home}/files"
"""


class Bot:
    """``python -m bot run`` as a child process that can be killed and started again on the same data."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config, self._log = config, log
        self._starts = 0
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, sandbox: Sandbox) -> None:
        await sandbox.until(lambda: not sandbox.gateway.connected, timeout=20)
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--config", str(self._config)), cwd=ROOT, stdout=log, stderr=log
            )
        await sandbox.wait_until_bot_ready(timeout=60)
        await sandbox.wait_for_commands(timeout=60)
        self._starts += 1
        async with asyncio.timeout(60):  # the engine loads its models beside the connection
            while self._log.read_text(encoding="utf-8").count("ready: connected as") < self._starts:  # noqa: ASYNC110 - the log has no event
                await asyncio.sleep(0.1)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def engine_pid(self) -> int | None:
        """The child that runs the engine: the one with the most memory (the other tracks resources)."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.pid).children()
            large = [child for child in children if child.memory_info().rss > 150e6]
            return large[0].pid if large else None
        return None

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def end(self) -> int:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox(data_dir=tmp_path) as running:
        yield running
        require_fitting(running)


@pytest.fixture
async def bot(sandbox: Sandbox, weights_dir: Path, tmp_path: Path) -> AsyncIterator[Bot]:
    config = tmp_path / "config.toml"
    text = CONFIG.format(
        token=sandbox.token,
        address=sandbox.address,
        ca_file=sandbox.ca_file,
        weights=weights_dir,
        home=tmp_path,
    )
    config.write_text(text, encoding="utf-8")
    running = Bot(config, tmp_path / "bot.log")
    yield running
    if running.process is not None:
        await running.kill()


@pytest.fixture
def channel(sandbox: Sandbox) -> Channel:
    return sandbox.create_guild("Studio").create_text_channel("paintings")


@pytest.fixture
def ada(channel: Channel) -> Member:
    return guild_of(channel).add_member("ada")


def everywhere(channel: Channel) -> list[Message]:
    return [*channel.messages, *(message for thread in channel.threads for message in thread.messages)]


def finals(channel: Channel) -> list[Message]:
    """Messages with a final picture, named after its job."""
    return [
        message
        for message in everywhere(channel)
        if any(attachment.filename.startswith("faraday-") for attachment in message.attachments)
    ]


def painting(channel: Channel) -> bool:
    """A card shows a frame: the run is under way."""
    return any(message.attachments for message in everywhere(channel)) and not finals(channel)


async def some_moment(seed: int) -> None:
    """At once for seed 0, else up to two seconds later: painting, finishing, or posting."""
    await asyncio.sleep(random.Random(seed).uniform(0, 2) if seed else 0)


async def settle(sandbox: Sandbox, channel: Channel) -> list[Message]:
    """The final pictures, some time after the first one came, so that a second one would be seen."""
    await sandbox.until(lambda: finals(channel), timeout=90)
    await asyncio.sleep(2)
    return finals(channel)


@pytest.mark.parametrize("seed", MOMENTS)
async def test_a_killed_engine_is_restarted_and_its_job_finishes_once(
    sandbox: Sandbox, bot: Bot, channel: Channel, ada: Member, seed: int
) -> None:
    await bot.start(sandbox)
    await ada.slash(channel, "imagine", prompt="a red car", size="32x32", iterations=500)
    await sandbox.until(lambda: painting(channel), timeout=60)
    await some_moment(seed)
    engine = bot.engine_pid()
    assert engine is not None
    os.kill(engine, signal.SIGKILL)
    assert len(await settle(sandbox, channel)) == 1
    assert bot.engine_pid() not in (None, engine)


@pytest.mark.parametrize("seed", MOMENTS)
async def test_a_killed_bot_finishes_its_job_after_the_restart_and_posts_one_picture(
    sandbox: Sandbox, bot: Bot, channel: Channel, ada: Member, seed: int
) -> None:
    await bot.start(sandbox)
    await ada.slash(channel, "imagine", prompt="a red car", size="32x32", iterations=500)
    await sandbox.until(lambda: painting(channel), timeout=60)
    await some_moment(seed)
    engine = bot.engine_pid()
    await bot.kill()
    await bot.start(sandbox)
    assert len(await settle(sandbox, channel)) == 1
    assert engine is not None
    assert not psutil.pid_exists(engine), "the first engine outlived its bot"


async def test_the_bot_answers_at_once_while_the_engine_is_busy_and_stays_small(
    sandbox: Sandbox, bot: Bot, channel: Channel, ada: Member
) -> None:
    await bot.start(sandbox)
    await ada.slash(channel, "imagine", prompt="a red car", size="64x64", iterations=300)
    await sandbox.until(lambda: painting(channel), timeout=60)
    for _ in range(3):
        began = asyncio.get_running_loop().time()
        await ada.slash(channel, "imagine", prompt="a blue circle", size="32x32", iterations=2)
        # Discord's own deadline is three seconds; the sandbox raises NoAnswer there. We promise one.
        assert asyncio.get_running_loop().time() - began < 1.0
    assert psutil.Process(bot.pid).memory_info().rss < 200e6
    assert await bot.end() == 0
