"""The real discord.py client, connected to a sandbox in the same process."""

from __future__ import annotations

import asyncio
import io
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from discord import app_commands
from PIL import Image

from sandbox import Sandbox
from sandbox.checks import schemas


class OneAddress(AbstractResolver):
    """Finds every host at the sandbox."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        pass


def connector_to(sandbox: Sandbox) -> aiohttp.TCPConnector:
    context = ssl.create_default_context(cafile=str(sandbox.ca_file))
    return aiohttp.TCPConnector(resolver=OneAddress(int(sandbox.address.rsplit(":")[-1])), ssl=context)


class Bot(discord.Client):
    """A client with a command tree, and a list of the events that it got."""

    def __init__(self, sandbox: Sandbox, intents: discord.Intents, **options: Any) -> None:
        super().__init__(intents=intents, connector=connector_to(sandbox), guild_ready_timeout=0.02, **options)
        self.tree: app_commands.CommandTree[Bot] = app_commands.CommandTree(self)
        self.seen: list[tuple[str, Any]] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def setup_hook(self) -> None:
        if self.tree.get_commands() or self.tree.get_commands(type=discord.AppCommandType.message):
            await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py would wait five seconds before it identifies again."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.seen.append((event, args))
        if event == "ready" and not self.ready.done():
            self.ready.set_result(None)
        super().dispatch(event, *args, **kwargs)

    def events(self, name: str) -> list[Any]:
        return [args[0] if args else None for event, args in self.seen if event == name]


Connect = Callable[..., Any]
PATIENCE_S = 30.0  # instead of Discord's three seconds, which a busy machine may not keep
Setup = Callable[[discord.Client, app_commands.CommandTree[Any]], None]


@pytest.fixture
def make_sandbox(tmp_path: Path) -> Callable[..., Any]:
    """``async with make_sandbox(...) as sandbox``: its whole traffic must fit Discord's schemas in the end."""

    @asynccontextmanager
    async def made(**options: Any) -> AsyncIterator[Sandbox]:
        async with Sandbox(tmp_path, **{"acknowledge_within_s": PATIENCE_S} | options) as running:
            yield running
        folder = schemas.directory()
        if folder is not None:  # test_schemas.py says so where they are missing
            problems = schemas.load(folder).problems(running.requests, running.events)
            assert problems == []

    return made


@pytest.fixture
async def sandbox(make_sandbox: Callable[..., Any]) -> AsyncIterator[Sandbox]:
    async with make_sandbox() as running:
        yield running


@pytest.fixture
def connect() -> Connect:
    """``async with connect(sandbox, setup) as bot``: a bot past READY, its commands synced if it has any."""

    @asynccontextmanager
    async def connected(
        sandbox: Sandbox,
        setup: Setup = lambda bot, tree: None,
        *,
        intents: discord.Intents | None = None,
        token: str = "",
        **options: Any,
    ) -> AsyncIterator[Bot]:
        bot = Bot(sandbox, intents or discord.Intents.default(), **options)
        setup(bot, bot.tree)
        running = asyncio.create_task(bot.start(token or sandbox.token))
        try:
            await asyncio.wait({running, bot.ready}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
            if running.done():
                running.result()
            assert bot.ready.done()
            yield bot
        finally:
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)
            await bot.http.connector.close()  # a failed login leaves it open

    return connected


@pytest.fixture
def png() -> Callable[[int, int], bytes]:
    """``png(width, height)``: a small grey picture."""

    def draw(width: int, height: int) -> bytes:
        out = io.BytesIO()
        Image.new("L", (width, height), 128).save(out, "PNG")
        return out.getvalue()

    return draw
