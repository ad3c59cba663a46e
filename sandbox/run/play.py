"""``python -m sandbox play``: a local Discord, the real bot in it, and a chat page in the browser, until Ctrl-C."""

import argparse
import asyncio
import contextlib
import fcntl
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from sandbox import state
from sandbox.page import BotPhase, BotState, ChatPage, Stage, scene
from sandbox.run.demo import ROOT, BotProcess, running_bot
from sandbox.run.guest import PAGE_PORT, until_one_ends
from sandbox.server import LOOPBACK, Sandbox
from sandbox.state import StateError
from sandbox.verbs.leftovers import TRAFFIC_IN_PLAY

HOME = ROOT / "data" / "play"
_LOOK_S = 0.5  # between two looks at the bot
_SAVE_S = 30.0
_LOG_LINES = 60


class BotRunner:
    """Keeps the real bot running and says how it is doing. A bot that ends is started again only on order."""

    def __init__(self, sandbox: Sandbox, home: Path, weights: Path | None) -> None:
        self._sandbox = sandbox
        self._home = home
        self._weights = weights
        self._ordered = asyncio.Event()
        self.state = BotState(phase=BotPhase.STARTING, detail="The bot is starting.")

    async def run(self) -> None:
        """Start the bot, and again when that is ordered, until cancelled."""
        while True:
            self._ordered.clear()
            self._say(BotState(phase=BotPhase.STARTING, detail="The bot is starting."))
            async with running_bot(self._sandbox, self._home, self._weights) as bot:
                await self._watch(bot)
            if not self._ordered.is_set():
                last_words = bot.log_tail(_LOG_LINES)
                self._say(BotState(phase=BotPhase.STOPPED, detail="The bot ended by itself.", log=last_words))
            await self._ordered.wait()

    async def restart(self) -> None:
        self._ordered.set()

    async def _watch(self, bot: BotProcess) -> None:
        """Watch the bot until it ends or must restart."""
        while not (bot.ended or self._ordered.is_set()):
            if self.state.phase is BotPhase.STARTING:
                self._say(_progress(bot, offers_commands=any(self._sandbox.world.commands.values())))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ordered.wait(), _LOOK_S)

    def _say(self, state: BotState) -> None:
        if state != self.state:
            self.state = state
            self._sandbox.world.changed()


def _progress(bot: BotProcess, *, offers_commands: bool) -> BotState:
    text = bot.log_text()
    if "cannot start" in text:
        detail = "The bot's engine cannot start."
        return BotState(phase=BotPhase.STOPPED, detail=detail, log=bot.log_tail(_LOG_LINES))
    if "ready: connected as" not in text or not offers_commands:
        return BotState(phase=BotPhase.STARTING, detail="The bot is starting.")
    if "engine ready on" not in text:
        return BotState(phase=BotPhase.STARTING, detail="The bot is connected and loads its models.")
    return BotState(phase=BotPhase.READY)


async def run(console: Console, home: Path, *, host: str, port: int, weights: Path | None) -> None:
    """Play until a signal comes. Raises OSError for a taken port, and StateError if the kept session cannot be read."""
    told_to_stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, told_to_stop.set)
    session = home / "session"
    sandbox = Sandbox(home, traffic_kept=TRAFFIC_IN_PLAY)
    if state.exists(session):
        sandbox.load(session)
    else:
        scene.set_up(sandbox)
    runner = BotRunner(sandbox, home, weights)
    stage = Stage(
        sandbox=sandbox,
        personas=scene.personas(sandbox),
        home=scene.home(sandbox),
        examples=scene.EXAMPLES,
        bot_state=lambda: runner.state,
        restart=runner.restart,
    )
    async with ChatPage(stage, host=host, port=port) as page, sandbox:
        _welcome(console, page, home)
        try:
            await until_one_ends(runner.run(), _keep_saving(sandbox, session), _until_told(console, told_to_stop))
        finally:
            sandbox.save(session)


async def _until_told(console: Console, told_to_stop: asyncio.Event) -> None:
    await told_to_stop.wait()
    console.print("\nStopping. Unfinished pictures continue next time.")


async def _keep_saving(sandbox: Sandbox, session: Path) -> None:
    """Save now and then, so that a crash loses little."""
    saved = -1
    while True:
        saved = await sandbox.world.next_change(saved)
        await asyncio.sleep(_SAVE_S)
        saved = sandbox.world.changes
        sandbox.save(session)


def _welcome(console: Console, page: ChatPage, home: Path) -> None:
    console.print(f"\n  Open  [bold]{page.address}[/bold]\n")
    console.print("The bot is starting; the page says when it is ready. Press Ctrl-C to stop.")
    where = home.relative_to(ROOT) if home.is_relative_to(ROOT) else home
    console.print(f"What happens is kept in {where} for the next time; --fresh starts over.", style="dim")


@contextmanager
def _alone(home: Path) -> Iterator[bool]:
    """Yield whether nobody else plays in this folder. Two bots must not share one database."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="where the page listens (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=PAGE_PORT, help="its port; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--home", type=Path, default=HOME, help="the session's folder (default: data/play)")
    parser.add_argument("--weights", type=Path, default=None, help="the folder of models (default: the bot's own)")
    parser.add_argument("--fresh", action="store_true", help="forget the kept session and start over")


def play(console: Console, options: argparse.Namespace) -> int:
    """Play with these options until a signal comes; return the exit code."""
    home = options.home.absolute()
    with _alone(home) as alone:
        if not alone:
            console.print(f"Somebody plays in {home} already. End that first, or choose another --home.")
            return 1
        if options.fresh:
            _forget(home)
        if options.host not in LOOPBACK:
            console.print(f"Listening on {options.host}: anyone who reaches that port may play here.", style="yellow")
        weights = options.weights.absolute() if options.weights else None
        try:
            asyncio.run(run(console, home, host=options.host, port=options.port, weights=weights))
        except OSError as error:
            console.print(f"The page cannot listen on port {options.port}: {error.strerror}. Try --port 0.")
            return 1
        except StateError as error:
            console.print(f"The session in {home} cannot be used: {error} --fresh starts over without it.")
            return 1
    return 0


def _forget(home: Path) -> None:
    """Delete the files that earlier sessions left in the folder, and no others."""
    for name in ("session", "files"):
        shutil.rmtree(home / name, ignore_errors=True)
    for database in home.glob("faraday.db*"):
        database.unlink()
