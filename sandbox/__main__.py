"""``python -m sandbox demo``: the real bot in a local Discord."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sandbox import demo

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A local Discord.")
    commands = parser.add_subparsers(dest="command", required=True)
    playing = commands.add_parser("demo", help="let the bot paint, edit and rerun a picture, and show it here")
    playing.add_argument(
        "--out", type=Path, default=Path("demo-pictures"), help="where the pictures go (default: %(default)s)"
    )
    playing.add_argument(
        "--weights", type=_folder, default=None, help="the folder of models to paint with (default: the bot's own)"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way the bot is stopped as well
    try:
        return asyncio.run(demo.run(Console(highlight=False), options.out, options.weights))
    except KeyboardInterrupt:
        return INTERRUPTED


def _folder(text: str) -> Path:
    """The bot runs in another directory, so its paths must not depend on this one."""
    return Path(text).absolute()


if __name__ == "__main__":
    sys.exit(main())
