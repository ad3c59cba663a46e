"""`make play` as a process: the page at once, the session kept, a clean end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).parent.parent.parent
PATIENCE_S = 180.0


@asynccontextmanager
async def playing(home: Path, *options: str) -> AsyncIterator[str]:
    """The page's address; in the end Ctrl-C, as a terminal sends it to the whole group."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "play", "--home", str(home), "--port", "0", *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := re.search(rb"http://\S+", line := await process.stdout.readline())):
                assert line, "it ended by itself"
        yield found[0].decode()
        os.killpg(process.pid, signal.SIGINT)
        async with asyncio.timeout(PATIENCE_S):
            rest = await process.stdout.read()
            assert await process.wait() == 0
        assert b"Traceback" not in rest
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def first_news(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    while True:
        news: dict[str, Any] = await socket.receive_json(timeout=PATIENCE_S)
        assert not news.get("error"), news
        if news["t"] == kind:
            return news


async def test_the_page_is_there_before_the_bot_and_a_session_goes_on_the_next_time(tmp_path: Path) -> None:
    async with playing(tmp_path) as address, aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            assert response.status == 200 and "Faraday" in await response.text()
        async with session.ws_connect(f"{address}socket") as socket:
            home = (await first_news(socket, "hello"))["home"]
            await socket.send_json({"do": "open", "n": 1, "channel": home})
            assert (await first_news(socket, "bot"))["phase"] == "starting"
            await socket.send_json({"do": "say", "n": 2, "channel": home, "text": "until tomorrow"})
            while (await first_news(socket, "answer"))["n"] != 2:
                pass
    async with playing(tmp_path) as address, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{address}socket") as socket:
            await first_news(socket, "hello")
            await socket.send_json({"do": "open", "n": 1, "channel": home})
            [kept] = (await first_news(socket, "messages"))["changed"]
            assert kept["content"] == "until tomorrow"
            assert await refused_second(tmp_path)


async def refused_second(home: Path) -> bool:
    """Two bots must not share one database."""
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "play", "--home", str(home), "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await second.communicate()
    return second.returncode == 1 and b"plays in" in output


async def test_a_damaged_session_is_named_and_can_be_left_behind(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "state.json").write_text("{}", encoding="utf-8")
    broken = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "play", "--home", str(tmp_path), "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await broken.communicate()
    assert broken.returncode == 1 and b"--fresh" in output and not errors
    async with playing(tmp_path, "--fresh") as address, aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            assert response.status == 200


async def test_a_bot_that_cannot_start_is_shown_with_its_log_and_started_again_on_order(tmp_path: Path) -> None:
    empty = tmp_path / "weights"
    empty.mkdir()
    async with playing(tmp_path / "home", "--weights", str(empty)) as address, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{address}socket") as socket:
            home = (await first_news(socket, "hello"))["home"]
            await socket.send_json({"do": "open", "n": 1, "channel": home})
            while (bot := await first_news(socket, "bot"))["phase"] != "stopped":
                pass
            assert bot["can_restart"] and str(empty) in bot["log"]
            await socket.send_json({"do": "restart_bot", "n": 2})
            while (await first_news(socket, "bot"))["phase"] != "starting":
                pass
