"""Run the real bot in its own process, with a stand-in engine."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from pathlib import Path

from benchmarks.load.engine import FixedSpeed
from bot.app import FaradayBot
from bot.config import Config


def serve(address: str, ca_file: str, token: str, folder: Path, seconds: float) -> None:
    """Run until SIGTERM, then write the CPU seconds to ``folder``/cpu."""
    logging.basicConfig(filename=folder / "bot.log", level=logging.INFO)
    tables: dict[str, dict[str, object]] = {
        "discord": {"token": token, "connect_to": address, "ca_file": ca_file},
        "queue": {"database": f"sqlite+aiosqlite:///{folder}/faraday.db", "files": str(folder / "files")},
        "quotas": {"max_queued": 0},
        "operators": {"control": False},
    }
    asyncio.run(_serve(Config.parse(tables, source="the benchmark"), seconds))
    (folder / "cpu").write_text(f"{time.process_time()}")


async def _serve(config: Config, seconds: float) -> None:
    async def run() -> None:
        async with FaradayBot(config, [FixedSpeed(seconds)]) as bot:
            await bot.sign_in(config.discord.token.get_secret_value())
            await bot.connect()

    serving = asyncio.create_task(run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    parent = os.getppid()
    watching = asyncio.create_task(_leave_with(parent, serving))
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    watching.cancel()


async def _leave_with(parent: int, serving: asyncio.Task[None]) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - a parent's death has no event
        await asyncio.sleep(1)
    serving.cancel()
