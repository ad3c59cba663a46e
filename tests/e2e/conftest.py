"""The real bot and the real discord.py client, against the sandbox; only the engine is scripted."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.app import FaradayBot
from bot.config import Config
from bot.domain.job import Job
from sandbox import Channel, File, Guild, Member, Message, Sandbox
from sandbox.records.clock import PATIENCE_S
from tests.e2e.scripted import ScriptedEngine, new_bot
from tests.traffic import require_fitting, require_quiet


@dataclasses.dataclass(kw_only=True)
class Studio:
    """A server with one channel and two members, and the bot in it."""

    sandbox: Sandbox
    engine: ScriptedEngine
    config: Config
    guild: Guild
    channel: Channel
    ada: Member
    bob: Member
    more_engines: list[ScriptedEngine] = dataclasses.field(default_factory=list)
    bot: FaradayBot = dataclasses.field(init=False)
    serving: asyncio.Task[None] | None = None

    async def start(self, **discord: Any) -> None:
        """Start the bot, or start it again on the same files."""
        self.config = self.config.model_copy(update={"discord": self.config.discord.model_copy(update=discord)})
        self.bot = new_bot(self.config, self.engine, *self.more_engines)
        self.serving = asyncio.create_task(self._serve(self.bot))
        await self.sandbox.wait_until_bot_ready()
        await self.sandbox.wait_for_commands()
        async with asyncio.timeout(PATIENCE_S):
            while not self.bot.dispatcher.bundles or not self.bot.guilds:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _serve(self, bot: FaradayBot) -> None:
        async with bot:
            await bot.sign_in(self.sandbox.token)
            await bot.connect()

    async def stop(self) -> None:
        if self.serving is not None:
            self.serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(self.serving, PATIENCE_S)
            self.serving = None

    def everywhere(self, channel: Channel | None = None) -> list[Message]:
        channel = channel or self.channel
        return [
            *channel.messages,
            *(message for thread in channel.threads for message in thread.messages),
        ]

    def finals(self, channel: Channel | None = None) -> list[Message]:
        """Messages with a finished picture, oldest first."""
        found = [
            message
            for message in self.everywhere(channel)
            if any(file.filename.removeprefix("SPOILER_").startswith("faraday-") for file in message.attachments)
        ]
        return sorted(found, key=lambda message: message.id)

    async def final(self, number: int = 1, channel: Channel | None = None) -> Message:
        """The n-th finished picture, once its reactions are there."""

        def found() -> Message | None:
            finals = self.finals(channel)
            if len(finals) < number or finals[number - 1].reaction("⬆️") is None:
                return None
            return finals[number - 1]

        message: Message = await self.sandbox.until(found)
        await self.job_of(message)
        return message

    async def job_of(self, message: Message) -> Job:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if job := await self.bot.queue.by_message(message.id):
                    return job
                await asyncio.sleep(0.01)

    async def card(self, containing: str, channel: Channel | None = None) -> Message:
        """The bot's message with this text."""
        message: Message = await self.sandbox.until(
            lambda: next(
                (
                    one
                    for one in self.everywhere(channel)
                    if one.author.id == self.sandbox.bot_user.id and containing in one.content
                ),
                None,
            )
        )
        return message

    async def begun(self, count: int) -> None:
        """So many runs have been given to the engine."""
        await self.sandbox.until(lambda: len(self.engine.starts) == count)

    async def fill_the_line(self, begun: int = 0) -> None:
        """Two pictures of ada's run and three wait, the most she may have; `begun` runs came before."""
        self.engine.holding = True
        for number in range(5):
            if number == 2:  # before these two run, the fifth would be one too many
                await self.begun(begun + 2)
            answer = await self.ada.slash(self.channel, "imagine", prompt=f"car {number}")
            assert "(#" in await answer.text()

    async def settled(self) -> None:
        """A while in which something wrong would have happened."""
        await asyncio.sleep(0.3)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Where the bot keeps its jobs; a module of tests may say otherwise."""
    return f"sqlite+aiosqlite:///{tmp_path}/faraday.db"


@pytest.fixture
def settings() -> dict[str, Any]:
    """Tables of the configuration beside the studio's own; a module of tests may say otherwise."""
    return {}


@pytest.fixture
async def studio(tmp_path: Path, database_url: str, settings: dict[str, Any]) -> AsyncIterator[Studio]:
    """A running bot. In the end its whole traffic must fit Discord's schemas and have pinged nobody else."""
    async with Sandbox(tmp_path, rate_limits=False, acknowledge_within_s=PATIENCE_S) as sandbox:
        guild = sandbox.create_guild("Studio")
        tables: dict[str, Any] = {
            "discord": {
                "token": sandbox.token,
                "connect_to": sandbox.address,
                "ca_file": str(sandbox.ca_file),
            },
            "queue": {
                "database": database_url,
                "files": str(tmp_path / "files"),
            },
            "quotas": {"max_queued": 3},
            "limits": {"max_prompt_chars": 200, "max_upload_bytes": 100_000, "max_input_pixels": 250_000},
        }
        for name, table in settings.items():
            tables[name] = tables.get(name, {}) | table
        config = Config.model_validate(tables)
        engine = ScriptedEngine()
        studio = Studio(
            sandbox=sandbox,
            engine=engine,
            config=config,
            guild=guild,
            channel=guild.create_text_channel("paintings"),
            ada=guild.add_member("ada"),
            bob=guild.add_member("bob"),
        )
        try:
            await studio.start()
            yield studio
        finally:
            await studio.stop()
    require_fitting(sandbox)
    require_quiet(sandbox)


@pytest.fixture
def picture() -> Callable[..., File]:
    """``picture(width, height)``: a member's PNG."""

    def draw(width: int = 40, height: int = 40, colour: str = "red", name: str = "photo.png") -> File:
        out = io.BytesIO()
        Image.new("RGB", (width, height), colour).save(out, format="PNG")
        return File(name, out.getvalue())

    return draw
