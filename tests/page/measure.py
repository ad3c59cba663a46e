"""``python -m tests.page.measure``: how fast the page opens, and what it costs while nothing happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Page as Tab
from rich.console import Console

from sandbox import Sandbox
from sandbox.page import BotPhase, BotState, ChatPage, Stage, scene
from sandbox.people.handles import acting, guild_of
from tests.page.conftest import FLAGS, ROOT, WIDE, chromium

MESSAGES = 2000
IDLE_S = 20.0
SETTLE_S = 20.0  # a browser tidies up for a while after it has loaded a page
TRIES = 5


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def playing() -> AsyncIterator[tuple[str, float, int]]:
    """The page's address once it answers, the seconds from `make play` till then, and the process to watch."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as home:
        began = time.monotonic()
        play = await asyncio.create_subprocess_exec(
            *("make", "-o", "setup", "play", f"BIN={Path(sys.executable).parent}", f"PLAY=--port {port} --home {home}"),
            cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await _answer(address, play)
            yield address, time.monotonic() - began, play.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(play.pid, signal.SIGINT)
            await play.wait()


async def idle_share(browser: Browser) -> float:
    """What share of a core all processes of `make play` take while a tab is open and nobody does anything."""
    async with playing() as (address, _, pid):
        tab = await browser.new_page()
        await tab.goto(address)
        await tab.get_by_text("Faraday is ready").wait_for(timeout=300_000)
        await asyncio.sleep(SETTLE_S)
        share = await _share(psutil.Process(pid).children(recursive=True))
        await tab.close()
        return share


async def start_times() -> tuple[list[float], list[float]]:
    """Seconds till the first answer, and those that the page's process computed in, which no other work lengthens."""
    times, computed = [], []
    for _ in range(TRIES):
        async with playing() as (_, took, pid):
            times.append(took)
            [play] = psutil.Process(pid).children()
            computed.append(sum(play.cpu_times()[:2]))
    return times, computed


def spread(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f} s, {len(times)} times)"


async def _answer(address: str, play: asyncio.subprocess.Process) -> None:
    """Wait for the page's first answer."""
    while play.returncode is None:
        try:
            await asyncio.to_thread(lambda: urllib.request.urlopen(address).close())
            return
        except OSError:
            await asyncio.sleep(0.02)
    raise RuntimeError("`make play` ended by itself")


async def _share(processes: list[psutil.Process]) -> float:
    def used() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    before = used()
    await asyncio.sleep(IDLE_S)
    return (used() - before) / IDLE_S


async def opening_long_channel(browser: Browser) -> tuple[list[float], float]:
    """Seconds from the click on a channel of 2,000 messages to its newest one, and the idle tab's share of a core."""
    with tempfile.TemporaryDirectory() as folder:
        async with Sandbox(Path(folder)) as sandbox:
            scene.set_up(sandbox)
            home = scene.home(sandbox)
            people = guild_of(home).members.values()
            june = next(acting(member) for member in people if member.name == scene.NEWCOMER)
            for number in range(MESSAGES):
                await june.say(home, f"**message {number}** of <@{june.id}>, ||with|| `all` <t:1700000000:R>\n> kinds")
            other = next(channel for channel in sandbox.world.channels.values() if channel.name == "welcome")
            stage = Stage(sandbox=sandbox, personas=scene.personas(sandbox), home=other, bot_state=_ready)
            async with ChatPage(stage) as page:
                tab = await browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
                await tab.goto(page.address)
                times = [await _open(tab) for _ in range(TRIES)]
                renderers = [
                    each for each in psutil.Process().children(recursive=True) if "renderer" in str(each.cmdline())
                ]
                await asyncio.sleep(SETTLE_S)
                return times, await _share(renderers)


def _ready() -> BotState:
    return BotState(phase=BotPhase.READY)


async def _open(tab: Tab) -> float:
    """Measured in the page: from the press to the frame that shows the newest message."""
    await tab.get_by_role("button", name="welcome").click()
    await tab.get_by_role("heading", name="Welcome to #welcome").wait_for()
    took: float = await tab.evaluate(
        f"""async () => {{
            const began = performance.now();
            [...document.querySelectorAll("#channels .place")].find((one) => one.textContent === "paintings").click();
            const frame = () => new Promise(requestAnimationFrame);
            while (!document.querySelector("#messages").textContent.includes("message {MESSAGES - 1}")) await frame();
            await frame();
            return performance.now() - began;
        }}"""
    )
    return took / 1000


async def main() -> int:
    console = Console()
    path = chromium()
    if path is None:
        console.print("No Chromium here.")
        return 1
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        times, tab = await opening_long_channel(browser)
        console.print(f"a channel of {MESSAGES} messages opens in {spread(times)}")
        console.print(f"its tab, idle: {tab:.2%} of a core")
        answered, computed = await start_times()
        console.print(f"the page answers {spread(answered)} after `make play`; its process computes {spread(computed)}")
        idle = await idle_share(browser)
        console.print(f"page, sandbox, bot and engine, idle for {IDLE_S:.0f} s with a tab open: {idle:.2%} of a core")
        load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
        console.print(f"load of this machine in the last 1, 5 and 15 minutes: {load} on {os.cpu_count()} cores")
        await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
