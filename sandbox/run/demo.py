"""The demo: a member paints, edits and reruns a picture with the real bot, in a Discord that is all here."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from sandbox.people.actors import Member
from sandbox.people.transcript import is_under_way
from sandbox.records.errors import NoAnswer
from sandbox.records.model import Channel, Message
from sandbox.run.terminal import LiveTranscript
from sandbox.server import Sandbox

LIMIT_S = 300.0
READY_LIMIT_S = 120.0
STOP_LIMIT_S = 15.0
ROOT = Path(__file__).parents[2]
PROMPT = "a red circle on a white background"
EDIT = "a blue circle on a white background"
SEED = 7


class DemoFailed(Exception):
    """The demo failed; the message says why."""


class BotProcess:
    """``python -m bot run`` on a configuration of its own, its log in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    @property
    def ready(self) -> bool:
        return "ready: connected as" in self.log_text()

    def log_text(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def log_tail(self, lines: int = 25) -> str:
        return "\n".join(self.log_text().splitlines()[-lines:])

    async def stop(self) -> None:
        await stop(self._process)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask a process to end, and kill it if it does not end in time."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def running_bot(sandbox: Sandbox, home: Path, weights: Path | None) -> AsyncIterator[BotProcess]:
    """Run the bot as a child process that uses this sandbox as Discord. Its files are in ``home``."""
    config = home / "config.toml"
    sections: dict[str, dict[str, str]] = {
        "discord": {"token": sandbox.token, "connect_to": sandbox.address, "ca_file": str(sandbox.ca_file)},
        "queue": {"database": f"sqlite+aiosqlite:///{home}/faraday.db", "files": str(home / "files")},
    }
    if weights is not None:
        sections["engine"] = {"weights_dir": str(weights)}
    await asyncio.to_thread(config.write_text, _toml(sections), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "FARADAY_TOKEN"}  # it would win
    log = home / "bot.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--config", str(config)),
            cwd=ROOT,
            env=environment,
            stdout=sink,
            stderr=sink,
        )
    bot = BotProcess(process, log)
    try:
        yield bot
    finally:
        await bot.stop()


def _toml(sections: dict[str, dict[str, str]]) -> str:
    """Return a TOML string; JSON's strings are TOML's basic strings."""
    lines = []
    for name, settings in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    return "\n".join(lines) + "\n"


async def run(console: Console, out: Path, weights: Path | None = None) -> int:
    """Play the demo and print it; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="faraday-demo-") as folder:
        home = Path(folder)
        async with Sandbox(home) as sandbox:
            console.print(f"A local Discord listens on {sandbox.address}. Nothing leaves this machine.\n", style="dim")
            guild = sandbox.create_guild("Studio")
            channel, ada = guild.create_text_channel("paintings"), guild.add_member("ada")
            screen = LiveTranscript(console, sandbox.world, channel, ada.user, out)
            async with running_bot(sandbox, home, weights) as bot:
                try:
                    async with asyncio.timeout(LIMIT_S), shown(screen):
                        finals = await Story(sandbox, channel, ada, bot, screen).play()
                except (DemoFailed, NoAnswer) as error:
                    return _explain(console, str(error), bot)
                except TimeoutError:
                    return _explain(console, f"The demo took longer than {LIMIT_S / 60:.0f} minutes.", bot)
            _sum_up(console, screen, finals)
    return 0


@asynccontextmanager
async def shown(screen: LiveTranscript) -> AsyncIterator[None]:
    following = asyncio.create_task(screen.follow())
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


class Story:
    """Plays ada: she asks for a picture, edits it by a reply, and reruns it by a reaction."""

    def __init__(
        self, sandbox: Sandbox, channel: Channel, ada: Member, bot: BotProcess, screen: LiveTranscript
    ) -> None:
        self._sandbox = sandbox
        self._channel = channel
        self._ada = ada
        self._bot = bot
        self._screen = screen

    async def play(self) -> list[Message]:
        """Play the story, and return the messages with the three pictures."""
        self._screen.status("The bot connects and loads its models …")
        await self._until(self._ready, READY_LIMIT_S, "The bot did not become ready.")
        await self._sandbox.wait_for_commands()
        self._screen.typed(self._ada, self._channel, f"/imagine prompt: {PROMPT} seed: {SEED}")
        await self._ada.slash(self._channel, "imagine", prompt=PROMPT, seed=SEED)
        first = await self._picture(1)
        await self._ada.say(first.channel, f"/edit {EDIT}", reply_to=first)
        await self._picture(2)
        await self._ada.react(first, "🔁")
        await self._picture(3)
        await asyncio.sleep(1)  # for the card's last words
        return self._pictures()

    def _ready(self) -> bool:
        if "cannot start" in self._bot.log_text():
            raise DemoFailed("The bot's engine cannot start.")
        return self._bot.ready

    async def _picture(self, number: int) -> Message:
        """Wait for the n-th finished picture and the bot's reactions under it, and return its message."""

        def found() -> Message | None:
            pictures = self._pictures()
            complete = len(pictures) >= number and len(pictures[number - 1].reactions) >= 2
            return pictures[number - 1] if complete else None

        message: Message = await self._until(found, LIMIT_S, "The picture did not come.")
        await self._sandbox.until(lambda: self._screen.has_shown(message))  # a member looks before going on
        return message

    def _pictures(self) -> list[Message]:
        finals = [one for one in self._messages() if one.attachments and self._ada.user in one.mentions]
        return sorted((one for one in finals if not is_under_way(one)), key=lambda message: message.id)

    def _messages(self) -> list[Message]:
        everywhere = [self._channel, *self._channel.threads]
        return [message for channel in everywhere for message in channel.messages if message.author.bot]

    async def _until(self, predicate: Callable[[], Any], limit: float, otherwise: str) -> Any:
        def settled() -> Any:
            if self._bot.ended:
                raise DemoFailed("The bot ended by itself.")
            if any("❌" in message.content for message in self._messages()):
                raise DemoFailed("The bot says that a picture failed.")
            return predicate()

        try:
            return await self._sandbox.until(settled, limit)
        except TimeoutError:
            raise DemoFailed(otherwise) from None


def _explain(console: Console, reason: str, bot: BotProcess) -> int:
    console.print()
    console.print(reason, style="bold red")
    console.print("The end of the bot's log:", style="dim")
    console.print(bot.log_tail(), markup=False, highlight=False, soft_wrap=True)
    return 1


def _sum_up(console: Console, screen: LiveTranscript, finals: list[Message]) -> None:
    console.print()
    console.print("Painted from words, edited by a reply, rerun by a reaction:", style="bold")
    for message in finals:
        for path in screen.pictures[message.id]:
            console.print(f"  {path}", style="green", highlight=False)
