"""``python -m sandbox --bot``: the example bot, in a process of its own, in a sandbox in a process of its own."""

from __future__ import annotations

import asyncio
import re
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.faults.faults import Faults
from sandbox.run import guest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
DOCUMENT = ROOT / "docs" / "sandbox.md"


@asynccontextmanager
async def example_bot(sandbox: Sandbox) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {guest.ADDRESS: sandbox.address, guest.CA_FILE: str(sandbox.ca_file), guest.TOKEN: sandbox.token}
    process = await asyncio.create_subprocess_exec(sys.executable, str(EXAMPLES / "echo_bot.py"), env=environment)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_the_example_bot_answers(sandbox: Sandbox) -> None:
    guild = sandbox.create_guild()
    channel, ada = guild.create_text_channel("p"), guild.add_member("ada")
    async with example_bot(sandbox):
        assert await sandbox.wait_for_commands() == ["shout"]
        await sandbox.wait_until_bot_ready()
        answer = await ada.slash(channel, "shout", text="hello")
        assert await answer.text() == "HELLO"


class Run:
    """``python -m sandbox`` with these arguments, and what it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.printed = ""

    async def until(self, found: Callable[[str], object]) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while not found(self.printed):
                line = await self.process.stdout.readline()
                assert line, self.printed
                self.printed += line.decode()
        return self.printed


@asynccontextmanager
async def sandbox_process(*arguments: str) -> AsyncIterator[Run]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Run(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def python(*arguments: str) -> str:
    return shlex.join([sys.executable, *arguments])


async def test_a_bot_its_page_and_the_sandbox_start_and_end_together(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    bot = python(str(EXAMPLES / "echo_bot.py"))
    async with sandbox_process("--bot", bot, "--page-port", "0", "--keep", str(keep)) as run:
        printed = await run.until(lambda text: re.search(r"http://127\.0\.0\.1:\d+/", text))
        found = re.search(r"http://127\.0\.0\.1:\d+/", printed)
        assert found is not None
        async with aiohttp.ClientSession() as session, session.get(found[0]) as answer:
            assert answer.status == 200
        run.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(run.process.wait(), 30) == 0
    assert (keep / "state.json").is_file()


async def test_the_bot_finds_its_surroundings_and_its_end_is_told() -> None:
    look = "import os, sys; print(sorted(k for k in os.environ if k in ('SANDBOX_ADDRESS', 'SANDBOX_CA_FILE', 'T')))"
    command = python("-c", f"{look}; sys.exit(3)")
    async with sandbox_process("--bot", command, "--page-port", "0", "--token-variable", "T") as run:
        printed = await run.until(lambda text: "ended with code 3" in text)
        assert "['SANDBOX_ADDRESS', 'SANDBOX_CA_FILE', 'T']" in printed


async def test_a_command_that_is_none_ends_with_a_sentence() -> None:
    async with sandbox_process("--bot", "/no/such/bot", "--page-port", "0") as run:
        await run.until(lambda text: "/no/such/bot" in text)
        assert await asyncio.wait_for(run.process.wait(), 30) == 1
        assert "Traceback" not in run.printed


async def test_it_listens_on_loopback_unless_told_otherwise_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox() as closed:
        assert closed.address.startswith("127.0.0.1:")
    assert "other machines" not in caplog.text
    async with Sandbox(host="0.0.0.0") as opened:
        assert opened.address.startswith("127.0.0.1:")
    assert "other machines can reach it" in caplog.text


@pytest.mark.parametrize("name", ["sandbox_connection.py", "echo_bot.py"])
def test_the_document_shows_the_examples_as_they_are(name: str) -> None:
    code = (EXAMPLES / name).read_text(encoding="utf-8")
    assert f"```python\n{code}```" in DOCUMENT.read_text(encoding="utf-8")


def test_the_document_lists_every_fault_with_its_parameters() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for kind in Faults.table():
        row = next((line for line in text.splitlines() if line.startswith(f"| `{kind['name']}` |")), "")
        assert kind["description"] in row
        own = [one["name"] for one in kind["parameters"] if one["name"] not in ("method", "path", "times")]
        assert all(f"`{name}`" in row for name in own), row


def test_the_example_bot_has_some_twenty_lines() -> None:
    lines = (EXAMPLES / "echo_bot.py").read_text(encoding="utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 20
