"""The sandbox's command line.

``python -m sandbox demo`` shows the real bot in a local Discord, ``python -m sandbox play`` opens it in the browser,
and ``python -m sandbox --bot COMMAND`` runs any other bot.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sandbox.run import demo, guest, play
from sandbox.server import LOOPBACK
from sandbox.state import StateError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    if options.command == "demo":
        return _demo(console, options)
    if options.command == "play":
        return play.play(console, options)
    if options.bot is None:
        parser.error("give --bot COMMAND, or one of the commands demo and play")
    return _guest(console, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Discord.")
    commands = parser.add_subparsers(dest="command")
    play.add_options(commands.add_parser("play", help="open a local Discord with the bot in the browser"))
    showing = commands.add_parser("demo", help="let the bot paint, edit and rerun a picture, and show it here")
    showing.add_argument(
        "--out", type=Path, default=Path("demo-pictures"), help="the folder for the pictures (default: %(default)s)"
    )
    showing.add_argument(
        "--weights", type=_folder, default=None, help="the folder of models to paint with (default: the bot's own)"
    )
    own = parser.add_argument_group("a bot of your own (see docs/sandbox.md)")
    own.add_argument("--bot", metavar="COMMAND", help='the command that starts the bot, such as "python -m mybot"')
    own.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s, this machine only)")
    own.add_argument("--port", type=int, default=0, help="the local Discord's port (default: a free one)")
    own.add_argument("--page-port", type=int, default=guest.PAGE_PORT, help="the page's port (default: %(default)s)")
    own.add_argument("--message-content", action="store_true", help="grant the message-content intent")
    own.add_argument("--members", action="store_true", help="grant the server-members intent")
    own.add_argument(
        "--token-variable", default=guest.TOKEN, help="the variable the bot takes its token from (default: %(default)s)"
    )
    own.add_argument("--keep", type=_folder, default=None, metavar="FOLDER", help="load from and save into it")
    return parser


def _demo(console: Console, options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way the bot is stopped as well
    try:
        return asyncio.run(demo.run(console, options.out, options.weights))
    except KeyboardInterrupt:
        return INTERRUPTED


def _guest(console: Console, options: argparse.Namespace) -> int:
    chosen = guest.GuestOptions(
        command=options.bot,
        host=options.host,
        port=options.port,
        page_port=options.page_port,
        message_content=options.message_content,
        members=options.members,
        token_variable=options.token_variable,
        keep=options.keep,
    )
    if options.host not in LOOPBACK:
        console.print(f"Listening on {options.host}: anyone who reaches these ports may join in.", style="yellow")
    try:
        asyncio.run(_until_told(console, chosen))
    except (OSError, StateError) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    return 0


async def _until_told(console: Console, options: guest.GuestOptions) -> None:
    told_to_stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, told_to_stop.set)
    await guest.run(console, options, told_to_stop=told_to_stop)


def _folder(text: str) -> Path:
    """Return an absolute path, because the bot runs in another directory."""
    return Path(text).absolute()


if __name__ == "__main__":
    sys.exit(main())
