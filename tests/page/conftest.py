"""The page in a real browser, with the real bot behind it; only the engine is scripted."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import discord
import pytest
from discord import app_commands
from PIL import Image, ImageDraw
from playwright.async_api import Browser, ConsoleMessage, Locator, async_playwright
from playwright.async_api import Page as Tab
from playwright.async_api import Request as Fetch

from bot.config import Config
from engine.messages import Progress, StartRun
from sandbox import Channel, Guild, Member, Sandbox
from sandbox.page import ChatPage, Stage, scene
from sandbox.people.handles import acting, guild_of
from sandbox.records.clock import PATIENCE_S
from tests.e2e.scripted import ScriptedEngine, new_bot
from tests.sandbox.conftest import Bot
from tests.traffic import require_fitting

ROOT = Path(__file__).parent.parent.parent
SCREENSHOTS = ROOT / "data" / "screenshots"
PATIENCE_MS = 90_000.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, PHONE = (1360, 850), (390, 780)


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Painter(ScriptedEngine):
    """A picture that grows, so that frames are seen to differ."""

    def _progress(self, command: StartRun, iteration: int, png: bytes) -> Progress:
        with Image.open(io.BytesIO(png)) as image:
            width, height = image.size
            share = iteration / command.spec.iterations
            ImageDraw.Draw(image).ellipse(
                (width * 0.5 * (1 - share), height * 0.5 * (1 - share), width, height), fill="white"
            )
            out = io.BytesIO()
            image.save(out, format="PNG")
        return super()._progress(command, iteration, out.getvalue())


@dataclasses.dataclass(kw_only=True)
class Studio:
    """The scene of `make play` with a bot in it."""

    sandbox: Sandbox
    engine: Painter
    page: ChatPage

    @property
    def guild(self) -> Guild:
        return guild_of(scene.home(self.sandbox))

    def channel(self, name: str) -> Channel:
        every = self.sandbox.world.channels.values()
        return next(channel for channel in every if channel.name == name)

    def member(self, name: str) -> Member:
        return next(acting(member) for member in self.guild.members.values() if member.name == name)


class Visitor:
    """One browser tab, which must stay free of errors and of outside addresses."""

    def __init__(self, tab: Tab, folder: Path) -> None:
        self.tab = tab
        self.problems: list[str] = []
        self._folder = folder
        self._count = 0
        tab.on("console", self._heard)
        tab.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        tab.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Fetch) -> None:
        where = urlsplit(request.url)
        if where.scheme not in ("blob", "data") and where.hostname != "127.0.0.1":
            self.problems.append(f"outside address: {request.url}")

    async def shoot(self, name: str) -> None:
        """Keep a screenshot of what is to be seen now."""
        self._count += 1
        path = self._folder / f"{self._count:02} {name}.png"
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
        await self.tab.screenshot(path=path, animations="disabled")

    def message(self, text: str) -> Locator:
        return self.tab.locator("li.message").filter(has_text=text)

    @property
    def box(self) -> Locator:
        return self.tab.get_by_role("combobox", name="Message")

    async def command(self, name: str) -> None:
        """Pick a slash command, whose fields then stand in the box."""
        await self.box.fill(f"/{name}")
        await self.tab.get_by_role("option", name=f"/{name}").click()

    async def say(self, text: str) -> None:
        await self.box.fill(text)
        await self.tab.get_by_role("button", name="Send").click()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here; on Debian `apt-get install chromium` brings one")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=PATIENCE_MS)
        yield browser
        await browser.close()


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with Sandbox(tmp_path, rate_limits=False, acknowledge_within_s=PATIENCE_S) as sandbox:
        scene.set_up(sandbox)
        engine = Painter()
        stage = Stage(
            sandbox=sandbox,
            personas=scene.personas(sandbox),
            home=scene.home(sandbox),
            examples=scene.EXAMPLES,
        )
        async with ChatPage(stage) as page, _bot(sandbox, engine, tmp_path):
            yield Studio(sandbox=sandbox, engine=engine, page=page)
        require_fitting(sandbox)


@asynccontextmanager
async def _bot(sandbox: Sandbox, engine: Painter, folder: Path) -> AsyncIterator[None]:
    settings: dict[str, dict[str, Any]] = {
        "discord": {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)},
        "queue": {"database": f"sqlite+aiosqlite:///{folder}/faraday.db", "files": str(folder / "files")},
    }
    bot = new_bot(Config.model_validate(settings), engine)

    async def serve() -> None:
        async with bot:
            await bot.sign_in(sandbox.token)
            await bot.connect()

    serving = asyncio.create_task(serve())
    try:
        await sandbox.wait_until_bot_ready()
        await sandbox.wait_for_commands()
        yield
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(serving, 30)


@asynccontextmanager
async def guest(folder: Path, setup: Callable[[app_commands.CommandTree[Any]], None]) -> AsyncIterator[Studio]:
    """The scene of `make play` with another bot, whose commands ``setup`` adds."""
    async with Sandbox(folder, rate_limits=False, acknowledge_within_s=PATIENCE_S) as sandbox:
        scene.set_up(sandbox)
        stage = Stage(sandbox=sandbox, personas=scene.personas(sandbox), home=scene.home(sandbox))
        bot = Bot(sandbox, discord.Intents.default())
        setup(bot.tree)
        running = asyncio.create_task(bot.start(sandbox.token))
        try:
            async with ChatPage(stage) as page:
                await sandbox.wait_for_commands()
                await bot.ready
                yield Studio(sandbox=sandbox, engine=Painter(), page=page)
        finally:
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)
        require_fitting(sandbox)


@asynccontextmanager
async def visiting(
    browser: Browser,
    studio: Studio,
    name: str,
    *,
    size: tuple[int, int] = WIDE,
    scheme: Any = "dark",
    touch: bool = False,
) -> AsyncIterator[Visitor]:
    """A tab on the page; in the end it must have met no error."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=touch,
        is_mobile=touch,
        locale="en-GB",
        device_scale_factor=2 if touch else 1,
    )
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(await context.new_page(), SCREENSHOTS / name)
    await visitor.tab.goto(studio.page.address)
    try:
        yield visitor
    except BaseException:
        await visitor.shoot("failed here")
        raise
    await context.close()
    assert not visitor.problems
